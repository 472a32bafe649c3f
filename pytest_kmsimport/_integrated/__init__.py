"""AWS services integrated with AWS KMS, where others play them beside the mock, such as moto.

Judged is by what goes over the wire: requests, answers, and what these services tell themselves of what they keep.

https://docs.aws.amazon.com/kms/latest/developerguide/service-integration.html
"""
