"""What AWS tells others of KMS keys: CloudTrail, EventBridge, CloudWatch."""
