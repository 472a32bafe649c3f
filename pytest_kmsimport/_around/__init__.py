"""What AWS tells others of KMS keys: CloudTrail, EventBridge and CloudWatch."""
