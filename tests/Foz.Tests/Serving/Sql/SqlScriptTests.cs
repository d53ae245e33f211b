using Foz.Serving.Sql;

namespace Foz.Tests.Serving.Sql;

public sealed class SqlScriptTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" ; -- nothing\n ;", "")]
    [InlineData("SELECT 1", "0 SELECT 1")]
    [InlineData("select 1;select ';' ; /* ; */ select 3", "0 select 1|9 select ';'|30 select 3")]
    [InlineData("select $a$;$a$; select \"a;b\"", "0 select $a$;$a$|16 select \"a;b\"")]
    [InlineData("select (1;2); x", "0 select (1;2)|14 x")]
    public void A_text_is_divided_into_its_statements(string sql, string expected) =>
        Assert.Equal(expected, string.Join('|', SqlScript.Split(sql).Select(s => $"{s.Start} {s.Text}")));
}
