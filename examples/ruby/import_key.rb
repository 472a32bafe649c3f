#!/usr/bin/env ruby
# frozen_string_literal: true

# ruby import_key.rb MATERIAL [KEY_ID [VALID_TO]]
#
# Imports the 32 bytes in a file into a KMS key, which is made without KEY_ID, until a time such as
# 2027-01-31T12:00:00Z, or for good. Prints the ARN of the KMS key.

require "aws-sdk-kms"
require "openssl"
require "time"

# Brings key material into AWS KMS.
class Importer
  ALGORITHM = "RSAES_OAEP_SHA_256"
  OAEP_SHA_256 = { "rsa_padding_mode" => "oaep", "rsa_oaep_md" => "sha256", "rsa_mgf1_md" => "sha256" }.freeze

  def initialize(kms)
    @kms = kms
  end

  # Makes a KMS key that waits for key material, and gives its ARN.
  def create_key
    metadata = @kms.create_key(origin: "EXTERNAL").key_metadata
    # An answer whose body was lost on the way is an empty one here.
    raise "a KMS key may have been made: look for it before you try again" if metadata.nil?

    metadata.arn
  end

  # Imports key material until a Time, or for good, and gives the ARN of the KMS key.
  def import(key_id, material, valid_to = nil)
    parameters = @kms.get_parameters_for_import(
      key_id: key_id, wrapping_algorithm: ALGORITHM, wrapping_key_spec: "RSA_4096"
    )
    wrapped = OpenSSL::PKey.read(parameters.public_key).encrypt(material, OAEP_SHA_256)
    expiration = { expiration_model: "KEY_MATERIAL_DOES_NOT_EXPIRE" }
    expiration = { expiration_model: "KEY_MATERIAL_EXPIRES", valid_to: valid_to } if valid_to
    @kms.import_key_material(
      key_id: key_id, encrypted_key_material: wrapped, import_token: parameters.import_token, **expiration
    )
    parameters.key_id
  end
end

if $PROGRAM_NAME == __FILE__
  file, key_id, valid_to = ARGV
  # The SDK reads this variable itself since 2023; older ones have to be told.
  endpoint = ENV.fetch("AWS_ENDPOINT_URL_KMS", nil)
  importer = Importer.new(Aws::KMS::Client.new(**(endpoint ? { endpoint: endpoint } : {})))
  begin
    puts importer.import(key_id || importer.create_key, File.binread(file), valid_to && Time.iso8601(valid_to))
  rescue Aws::Errors::ServiceError, Seahorse::Client::NetworkingError, SystemCallError, RuntimeError => e
    code = e.respond_to?(:code) ? "#{e.code}: " : ""
    warn "import-key: #{code}#{e.message}"
    exit 1
  end
end
