using Foz.Connectors.Changes;

namespace Foz.Tests.Connectors.Changes;

public sealed class ChangeSpoolTests
{
    [Theory]
    [InlineData(1 << 30)]
    [InlineData(64 << 10)]
    [InlineData(1)]
    public void Records_come_back_in_their_order(long memoryBytesMax)
    {
        var random = new Random(Soak.Seed());
        var folder = Directory.CreateTempSubdirectory("foz-test-");
        try
        {
            var spools = new ChangeSpools(folder.FullName, memoryBytesMax);
            var expected = Enumerable.Range(0, 3).Select(_ => new List<byte[]>()).ToArray();
            ChangeSpool[] opened = [spools.Open(), spools.Open(), spools.Open()];
            for (var i = 0; i < 3_000; i++)
            {
                var which = random.Next(3);
                var record = new byte[random.Next(20) == 0 ? random.Next(20_000) : random.Next(40)];
                random.NextBytes(record);
                expected[which].Add(record);
                opened[which].Append(record);
            }

            Assert.Equal(memoryBytesMax == 1 << 30, !opened.Any(s => s.IsSpilled));
            if (memoryBytesMax == 64 << 10) Assert.InRange(spools.MemoryBytes, 1, memoryBytesMax);
            for (var which = 0; which < 3; which++)
            {
                opened[which].Rewind();
                foreach (var record in expected[which])
                {
                    Assert.True(opened[which].TryRead());
                    Assert.Equal(record, opened[which].Current.ToArray());
                }

                Assert.False(opened[which].TryRead());
                opened[which].Dispose();
            }

            Assert.Equal(0, spools.MemoryBytes);
            Assert.Empty(folder.EnumerateFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
