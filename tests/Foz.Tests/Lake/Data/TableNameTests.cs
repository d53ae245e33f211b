using Foz.Lake.Data;

namespace Foz.Tests.Lake.Data;

public sealed class TableNameTests
{
    [Fact]
    public void Names_that_are_the_same_whatever_the_case_have_one_hash()
    {
        var known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var c = 1; c <= char.MaxValue; c++)
        {
            var text = ((char)c).ToString();
            if (known.TryAdd(text, text)) continue;
            var (one, other) =
                (new TableName("s" + text, text + "n"), new TableName("S" + known[text], known[text] + "N"));
            Assert.Equal(one, other);
            Assert.Equal(one.GetHashCode(), other.GetHashCode());
        }
        Assert.Equal(new TableName("𐐀", "x").GetHashCode(), new TableName("𐐨", "X").GetHashCode());
    }

    [Fact]
    public void Names_of_many_tables_have_hashes_of_their_own()
    {
        var hashes = new HashSet<int>();
        for (var i = 0; i < 10_000; i++) hashes.Add(new TableName("silver", $"m{i:D5}").GetHashCode());
        Assert.True(hashes.Count > 9_900, $"{hashes.Count} hashes of 10,000 names");
    }

    [Fact]
    public void A_name_made_from_another_has_a_hash_of_its_own()
    {
        var orders = new TableName("silver", "orders");
        var known = new HashSet<TableName> { orders };
        var renamed = orders with { Name = "Sales" };
        Assert.DoesNotContain(renamed, known);
        Assert.Equal(new TableName("Silver", "sales").GetHashCode(), renamed.GetHashCode());
        Assert.Contains(renamed with { Name = "ORDERS" }, known);
        Assert.Equal(new TableName("silver", "orders__rejected").GetHashCode(), orders.Rejected.GetHashCode());
    }
}
