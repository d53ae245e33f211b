using Foz.Operations.Exports;

namespace Foz.Tests.Operations.Exports;

public sealed class UniqueNamesTests
{
    [Fact]
    public void Each_thing_has_a_name_of_its_own_in_the_letters_that_are_allowed()
    {
        var names = new UniqueNames(static c => c is '-', '-', lengthMax: 8);

        Assert.Equal(
            ["gold-a", "gold-a-2", "t-b", "a-rea", "longname", "longna-2", "longna-3", "t"],
            new[] { "gold.a", "gold_a", ".b", "aárea", "longname1", "longname2", "longname3", "" }.Select(names.Next));
    }
}
