# A KMS key with key material of our own.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.31"
    }
  }
}

variable "key_material_file" {
  description = "A file with the 32 bytes of key material. They end up in Terraform's state, in plain text."
  type        = string
}

variable "valid_to" {
  description = "When the key material expires, such as 2027-01-31T12:00:00Z; never without it."
  type        = string
  default     = null
}

variable "kms_endpoint_url" {
  description = "Where AWS KMS is in tests; AWS without it."
  type        = string
  default     = null
}

locals {
  in_a_test = var.kms_endpoint_url != null
}

provider "aws" {
  # These would ask STS, IAM and the metadata service, which no test has.
  skip_credentials_validation = local.in_a_test
  skip_requesting_account_id  = local.in_a_test
  skip_metadata_api_check     = local.in_a_test

  endpoints {
    kms = var.kms_endpoint_url
  }
}

resource "aws_kms_external_key" "payroll" {
  description             = "Payroll, with key material of our own"
  key_material_base64     = filebase64(var.key_material_file)
  valid_to                = var.valid_to
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "payroll" {
  name          = "alias/payroll"
  target_key_id = aws_kms_external_key.payroll.id
}

output "arn" {
  value = aws_kms_external_key.payroll.arn
}

output "key_state" {
  value = aws_kms_external_key.payroll.key_state
}
