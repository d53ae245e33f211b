namespace Foz.Tests.Connectors.Http;

/// <summary>What is wrong in a project's YAML about APIs, each with its place.</summary>
public sealed class HttpSettingsTests
{
    [Theory]
    [InlineData("auth: {type: bearr}", "foz.yml:6:18: unknown type 'bearr'\n  did you mean 'bearer'?")]
    [InlineData("auth: {tokn: x, type: bearer}", "foz.yml:6:12: unknown key 'tokn' in 'auth'\n  did you mean 'token'?")]
    [InlineData(
        "auth: {type: bearer, token: abc}",
        "foz.yml:6:33: 'token' is a secret and must not stand in a file\n  write ${TOKEN} here, and set TOKEN in the environment or in .env, outside of git")]
    [InlineData(
        "auth: basic",
        "foz.yml:6:11: 'auth' must be a mapping, not 'basic'\n  it takes type, token, user, password, name, value, token_url, grant, client_id, client_secret, refresh_token, scope, audience, client_auth")]
    [InlineData(
        "headers: {X-Api-Key: abc}",
        "foz.yml:6:26: 'X-Api-Key' is a secret and must not stand in a file\n  write ${X_API_KEY} here, and set X_API_KEY in the environment or in .env, outside of git")]
    public void A_connection_is_checked(string connection, string expected) =>
        Assert.Equal([expected], HttpProject.Errors("rows:", connection));

    [Theory]
    [InlineData(
        "http://h/v1?api_key=abc",
        "'api_key' in the query of 'url' is a secret and must not stand in a file\n  write api_key=${API_KEY} there, and set API_KEY in the environment or in .env, outside of git")]
    [InlineData(
        "http://h/v1?v=2&sig=a%20b",
        "'sig' in the query of 'url' is a secret and must not stand in a file\n  write sig=${SIG} there, and set SIG in the environment or in .env, outside of git")]
    [InlineData("http://h/v1?v=2&token=${TOKEN}", null)]
    public void The_query_of_an_address_holds_no_secret(string url, string? expected) =>
        Assert.Equal(expected is null ? [] : [$"foz.yml:5:10: {expected}"], HttpProject.Errors("rows:", url: url));

    [Theory]
    [InlineData(
        "rows:\n  pagin: {type: page}",
        "sources/api.yml:4:5: unknown key 'pagin' in a stream of type http\n  did you mean 'paging'?")]
    [InlineData("rows:\n  paging: {type: pages}", "sources/api.yml:4:20: unknown type 'pages'\n  did you mean 'page'?")]
    [InlineData(
        "rows:\n  paging: {type: cursor}",
        "sources/api.yml:4:13: 'paging' must be of type cursor with one of 'token', 'token_header' and 'last'")]
    [InlineData("rows:\n  paging: {type: next_url}", "sources/api.yml:4:13: 'paging' of type next_url needs 'url'")]
    [InlineData(
        "rows:\n  paging: {type: page, size: x}", "sources/api.yml:4:13: 'size' must be a whole number, not 'x'")]
    [InlineData("rows:\n  mode: incremental", "sources/api.yml:4:5: 'cursor' must be set where mode is incremental")]
    [InlineData(
        "rows:\n  cursor_param: since",
        "sources/api.yml:4:19: 'cursor_param' must be left out without 'mode: incremental'")]
    [InlineData("rows:\n  path: x/{parent.id}", "sources/api.yml:4:5: 'parent' must be set where {parent.id} is")]
    [InlineData(
        "rows:\n  path: x/{parent.id}\n  parent: rws",
        "sources/api.yml:5:13: unknown stream 'rws' as parent of 'rows'\n  did you mean 'rows'?")]
    [InlineData(
        "rows:\n  path: x/{parent.id}\n  parent: rows",
        "sources/api.yml:5:13: 'parent' must be a stream that is not fed by this one: rows → rows")]
    [InlineData(
        "rows:\n  parent_mode: incremental", "sources/api.yml:4:18: 'parent_mode' must be left out without 'parent'")]
    [InlineData(
        "a:\n  path: a\nrows:\n  path: x/{parent.id}\n  parent: a\n  mode: incremental\n  parent_mode: incremental",
        "sources/api.yml:9:18: 'parent_mode' must be left out where 'a' is not incremental: its cursor tells which of its rows are new or changed")]
    [InlineData(
        "a:\n  mode: incremental\n  cursor: at\nrows:\n  path: x/{parent.id}\n  parent: a\n  parent_mode: incremental",
        "sources/api.yml:9:18: 'parent_mode' must be left out without 'mode: incremental': rows of parents that did not change would be lost")]
    [InlineData(
        "a:\n  mode: incremental\n  cursor: at\nrows:\n  path: x/{parent.id}\n  parent: a\n  mode: incremental\n  cursor: at\n  parent_mode: incremental", "sources/api.yml:11:18: 'parent_mode' must be left out beside 'cursor': all rows of a parent that changed arrive")]
    [InlineData(
        "a:\n  mode: incremental\n  cursor: at\nrows:\n  path: x/{parent.id}\n  parent: a\n  mode: incremental\n  cursor_param: at\n  parent_mode: incremental", "sources/api.yml:10:19: 'cursor_param' must be left out with 'parent_mode: incremental'")]
    [InlineData(
        "rows:\n  path: http://evil/x",
        "sources/api.yml:4:11: 'path' must be a path below the connection's url, not an address")]
    [InlineData(
        "rows:\n  graphql: '{x}'\n  body: '{}'",
        "sources/api.yml:5:11: 'body' must be left out beside 'graphql', which makes one")]
    [InlineData(
        "rows:\n  mode: incremental\n  cursor: at\n  lookback: soon",
        "sources/api.yml:6:15: 'lookback' must be a length of time such as 500ms, 30s, 5m or 2 days, not 'soon'")]
    [InlineData(
        "rows:\n  skip_status: 500",
        "sources/api.yml:4:18: 'skip_status' must be statuses from 400 to 499 without 401 and 429, not '500'")]
    [InlineData(
        "'*':",
        "sources/api.yml:1:1: an HTTP API does not tell which streams it has\n  name them under 'streams', each with its path")]
    public void A_stream_is_checked(string streams, string expected) =>
        Assert.Equal([expected], HttpProject.Errors(streams));
}
