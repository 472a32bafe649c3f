"""Clients of aiobotocore, in environments that .ci/async makes: it is tied to a few versions of botocore."""
