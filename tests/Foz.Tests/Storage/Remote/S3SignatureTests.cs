using Foz.Storage.S3;

namespace Foz.Tests.Storage.Remote;

/// <summary>The examples of Amazon's "Authenticating Requests: Using the Authorization Header".</summary>
public sealed class S3SignatureTests
{
    static readonly S3Keys keys = new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", null);
    static readonly DateTimeOffset now = new(2013, 5, 24, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("test.txt", "bytes=0-9", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")]
    [InlineData("?lifecycle", null, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")]
    [InlineData("?max-keys=2&prefix=J", null, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")]
    public void Signs_as_amazon_does(string path, string? range, string signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://examplebucket.s3.amazonaws.com/{path}");
        if (range is not null) request.Headers.TryAddWithoutValidation("Range", range);
        S3Signature.Sign(request, default, keys, "us-east-1", now);
        Assert.EndsWith(
            $"Signature={signature}", request.Headers.GetValues("Authorization").Single(), StringComparison.Ordinal);
    }
}
