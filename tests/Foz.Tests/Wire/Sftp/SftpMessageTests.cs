using Foz.Wire;
using Foz.Wire.Sftp;

namespace Foz.Tests.Wire.Sftp;

/// <summary>SFTP's messages, byte by byte as draft-ietf-secsh-filexfer-02 has them.</summary>
public sealed class SftpMessageTests
{
    [Fact]
    public void Requests_have_their_length_type_and_number_in_front()
    {
        Assert.Equal("0000000501" + "00000003", Hex(SftpRequests.Init()));
        Assert.Equal(
            "0000000C0B" + "00000007" + "00000003" + "2F" + "C3A9",
            Hex(SftpRequests.OfPath(SftpMessageType.OpenDir, 7, "/é")));
        Assert.Equal(
            "0000001303" + "00000001" + "00000002" + "2F61" + "00000001" + "00000000",
            Hex(SftpRequests.OpenToRead(1, "/a")));
        Assert.Equal(
            "0000001705" + "00000002" + "00000002" + "0102" + "0000000100000000" + "00008000",
            Hex(SftpRequests.Read(2, [1, 2], 1L << 32, 32768)));
        Assert.Equal(
            "0000000B0C" + "00000003" + "00000002" + "0102",
            Hex(SftpRequests.OfHandle(SftpMessageType.ReadDir, 3, [1, 2])));
    }

    [Fact]
    public void Names_come_with_what_they_are_like()
    {
        // a folder with all attributes and an extension; a file with none
        var reply = Parse(
            "68" + "00000005" + "00000002"
            + "00000001" + "64" + "00000000" + "8000000F" + "0000000000001000" + "0000000100000002" + "000041ED"
            + "0000000065000000" + "00000001" + "00000001" + "78" + "00000000"
            + "00000002" + "C3A9" + "00000000" + "00000000");
        Assert.Equal(5u, reply.Id);
        var names = reply.ReadNames();
        Assert.Equal(["d", "é"], names.Select(n => n.Name));
        Assert.Equal(new(4096, 0x41ED, DateTimeOffset.FromUnixTimeSeconds(0x65000000)), names[0].Attributes);
        Assert.True(names[0].Attributes.IsFolder);
        Assert.False(names[0].Attributes.IsFile);
        Assert.True(names[1].Attributes is { IsFile: true, SizeBytes: null, ModifiedAt: null });
    }

    [Fact]
    public void A_status_may_have_no_text()
    {
        Assert.Equal((SftpStatus.EndOfFile, ""), Parse("65" + "00000001" + "00000001").ReadStatus());
        Assert.Equal(
            (SftpStatus.Failure, "no"), Parse("65" + "00000001" + "00000004" + "00000002" + "6E6F").ReadStatus());
    }

    [Fact]
    public void Whatever_a_server_sends_is_read_or_refused()
    {
        var seed = Soak.Seed();
        var random = new Random(seed);
        byte[] good = Convert.FromHexString(
            "68" + "00000005" + "00000001" + "00000001" + "64" + "00000001" + "64" + "0000000F" + "0000000000001000"
                + "0000000100000002" + "000041ED" + "0000000065000000");
        for (var i = 0; i < 20_000; i++)
        {
            var message = random.Next(2) == 0 ? good.ToArray() : new byte[random.Next(64)];
            if (message != good && message.Length > 0 && random.Next(4) > 0)
                message = message[..random.Next(message.Length + 1)];
            for (var change = random.Next(6); change > 0 && message.Length > 0; change--)
                message[random.Next(message.Length)] = (byte)random.Next(256);
            try
            {
                var reply = SftpReply.Parse(message);
                _ = reply.Type switch
                {
                    SftpMessageType.Name => reply.ReadNames().Count,
                    SftpMessageType.Data => reply.ReadData().Length,
                    SftpMessageType.Handle => reply.ReadHandle().Length,
                    SftpMessageType.Attributes => reply.ReadAttributes().GetHashCode(),
                    _ => reply.ReadStatus().Message.Length,
                };
            }
            catch (WireException)
            {
                // Refused.
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {Convert.ToHexString(message)}: {e}");
            }
        }
    }

    static string Hex(byte[] message) => Convert.ToHexString(message);

    static SftpReply Parse(string hex) => SftpReply.Parse(Convert.FromHexString(hex));
}
