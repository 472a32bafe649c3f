// dotnet run -- MATERIAL [KEY_ID [VALID_TO]]
//
// Imports the 32 bytes in a file into a KMS key, which is made without KEY_ID, until a time such as
// 2027-01-31T12:00:00Z, or for good. Prints the ARN of the KMS key.

using System.Globalization;
using System.Security.Cryptography;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;

if (args.Length is < 1 or > 3)
{
    Console.Error.WriteLine("usage: import-key MATERIAL [KEY_ID [VALID_TO]]");
    return 2;
}

var config = new AmazonKeyManagementServiceConfig();
if (Environment.GetEnvironmentVariable("AWS_ENDPOINT_URL_KMS") is { Length: > 0 } url)
{
    config.ServiceURL = url;
    // A ServiceURL says nothing of the Region that requests are signed for.
    config.AuthenticationRegion = Environment.GetEnvironmentVariable("AWS_REGION");
}

using var kms = new AmazonKeyManagementServiceClient(config);
try
{
    var material = await File.ReadAllBytesAsync(args[0]);
    var keyId = args.Length > 1 ? args[1] : await CreateKeyAsync();
    DateTime? validTo = args.Length > 2
        ? DateTime.Parse(args[2], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal)
        : null;
    Console.WriteLine(await ImportKeyMaterialAsync(keyId, material, validTo));
    return 0;
}
catch (AmazonKeyManagementServiceException refusal)
{
    Console.Error.WriteLine($"import-key: {refusal.ErrorCode}: {refusal.Message}");
    return 1;
}

async Task<string> CreateKeyAsync()
{
    var key = await kms.CreateKeyAsync(new CreateKeyRequest { Origin = OriginType.EXTERNAL });
    return key.KeyMetadata?.Arn
        ?? throw new InvalidDataException("a KMS key may have been made: look for it before you try again");
}

async Task<string> ImportKeyMaterialAsync(string keyId, byte[] material, DateTime? validTo)
{
    var parameters = await kms.GetParametersForImportAsync(new GetParametersForImportRequest
    {
        KeyId = keyId,
        WrappingAlgorithm = AlgorithmSpec.RSAES_OAEP_SHA_256,
        WrappingKeySpec = WrappingKeySpec.RSA_4096,
    });

    using var wrappingKey = RSA.Create();
    wrappingKey.ImportSubjectPublicKeyInfo(parameters.PublicKey.ToArray(), out _);
    var wrapped = wrappingKey.Encrypt(material, RSAEncryptionPadding.OaepSHA256);

    var request = new ImportKeyMaterialRequest
    {
        KeyId = keyId,
        EncryptedKeyMaterial = new MemoryStream(wrapped),
        ImportToken = parameters.ImportToken,
        ExpirationModel = ExpirationModelType.KEY_MATERIAL_DOES_NOT_EXPIRE,
    };
    if (validTo is { } time)
    {
        request.ExpirationModel = ExpirationModelType.KEY_MATERIAL_EXPIRES;
        request.ValidTo = time;
    }

    await kms.ImportKeyMaterialAsync(request);
    return parameters.KeyId;
}
