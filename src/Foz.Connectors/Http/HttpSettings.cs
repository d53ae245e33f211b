using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>What connections and streams of HTTP APIs can be set to.</summary>
static class HttpSettings
{
    static readonly string[] SecretWords =
    [
        "auth", "token", "key", "secret", "password", "cookie", "session", "signature",
    ];

    /// <summary>Of a connection.</summary>
    public static IReadOnlyList<SettingSpec> Connection { get; } =
    [
        new("url", "the address that paths of streams are below, `http://` or `https://`; all requests have its query")
        {
            IsRequired = true, IsSecretKey = IsSecretName,
        },
        new("auth", "how requests prove who sends them")
        {
            Keys =
            [
                new("type", "the way") { IsRequired = true, Values = ["bearer", "basic", "header", "query", "oauth2"] },
                new("token", "bearer: the token") { IsSecret = true },
                new("user", "basic: the user"),
                new("password", "basic: the password") { IsSecret = true },
                new("name", "header and query: the name that carries the value"),
                new("value", "header and query: the value") { IsSecret = true },
                new("token_url", "oauth2: where tokens are fetched"),
                new("grant", "oauth2: how tokens are granted")
                {
                    Values = ["client_credentials", "refresh_token"], Default = "`client_credentials`",
                },
                new("client_id", "oauth2: who asks"),
                new("client_secret", "oauth2: its secret") { IsSecret = true },
                new("refresh_token", "oauth2: the token by which others are granted") { IsSecret = true },
                new("scope", "oauth2: what is asked for"),
                new("audience", "oauth2: for whom"),
                new("client_auth", "oauth2: how `client_id` and `client_secret` are sent")
                {
                    Values = ["body", "basic"], Default = "`body`",
                },
            ],
        },
        new("headers", "headers of all requests") { IsSecretKey = IsSecretName },
        new("params", "query parameters of all requests") { IsSecretKey = IsSecretName },
        new("rate_limit", "the most requests in a time, such as `10/s`, `600/m` or `5000/h`") { Default = "none" },
        new("connections_max", "how many requests may be under way") { Default = "4" },
        new("timeout", "how long the server may take to begin an answer, or be silent within one") { Default = "60s" },
        new("retries", "how often a request is tried again that failed in a way that may pass") { Default = "8" },
        new("retry_budget", "how long all requests of a run may wait for such tries in all") { Default = "15m" },
        new("answer_max", "how large one answer may be") { Default = "256MB" },
    ];

    /// <summary>Of a stream.</summary>
    public static IReadOnlyList<SettingSpec> Stream { get; } =
    [
        new("path", "the path below the connection's `url`; takes `{parent.field}` and `{cursor}`")
        {
            Default = "the stream's name; of GraphQL the `url` itself",
        },
        new("method", "the method") { Values = ["GET", "POST"], Default = "`GET`; with `body` or `graphql` `POST`" },
        new("params", "query parameters; take `{parent.field}` and `{cursor}`"),
        new("headers", "headers besides the connection's") { IsSecretKey = IsSecretName },
        new("body", "the body of a `POST`, JSON; takes `{parent.field}` and `{cursor}`"),
        new("graphql", "the query, in GraphQL"),
        new("variables", "GraphQL: the query's variables; take `{parent.field}` and `{cursor}`"),
        new("format", "how answers are written")
        {
            Values = ["json", "jsonl", "csv", "tsv", "xml"], Default = "as the answer says",
        },
        new("records",
            "where the rows stand in an answer, such as `data.items`; names of fields, of XML those of elements")
        {
            Default = "the answer itself: the elements of a list, or one row",
        },
        new("records_missing", "what an answer without `records` is")
        {
            Values = ["fail", "empty"], Default = "`fail`",
        },
        new("paging", "how one page leads to the next")
        {
            Default = "there is one page",
            Keys =
            [
                new("type", "the way") { IsRequired = true, Values = ["page", "offset", "cursor", "link", "next_url"] },
                new("param", "page, offset, cursor: the parameter that says which page")
                {
                    Default = "`page`, `offset`, `cursor`",
                },
                new("into",
                    "where the parameters go: into the query, or into the body or GraphQL's variables by their path")
                {
                    Values = ["query", "body", "variables"], Default = "`query`; of GraphQL `variables`",
                },
                new("start", "page, offset: the first") { Default = "1; of `offset` 0" },
                new("size", "page, offset, cursor: how many rows a page should have"),
                new("size_param", "page, offset, cursor: the parameter that says so") { Default = "`limit`" },
                new("token", "cursor: where the answer has the next page's"),
                new("token_header", "cursor: the header of the answer that has it"),
                new("last", "cursor: the field of a page's last row that is it"),
                new("url", "next_url: where the answer has the next page's address"),
                new("has_more", "where the answer says whether there is another page"),
                new("total", "page: where the answer has the number of pages; offset: that of rows"),
                new("end_status", "page, offset: a status after the last page, such as `404`"),
                new("pages_max", "more pages than these are an error") { Default = "100000" },
            ],
        },
        new("cursor_param", "incremental: the query parameter that takes the last cursor"),
        new("cursor_start", "incremental: the cursor of the first batch"),
        new("cursor_format", "incremental: how a time is sent")
        {
            Values = ["iso", "date", "epoch", "epoch_ms"], Default = "as the rows have it",
        },
        new("lookback",
            "incremental: how far before the last cursor rows are asked for again, such "
                + "as `1h`; of a number, a number"),
        new("parent", "the stream of the same source whose rows fill in `{parent.field}`: one request a row"),
        new("parent_mode",
            "which rows of the parent are asked for: all in every batch, or those that are new or changed since the "
                + "last, by the parent's `cursor`")
        {
            Values = ["snapshot", "incremental"], Default = "`snapshot`",
        },
        new("parent_fields", "fields of the parent's row that a row gets, by name")
        {
            Default = "`_parent_<field>` for each `{parent.field}`",
        },
        new("skip_status", "statuses that mean: no rows, such as `404` for a parent without any"),
        new("delimiter", "CSV: the character between fields; `tab` for a tabulator")
        {
            Default = "a comma; in TSV a tabulator",
        },
        new("encoding", "CSV: such as `latin1` or `windows-1252`")
        {
            Default = "UTF-8; with a byte-order mark, UTF-16",
        },
    ];

    /// <summary>Whether a header or parameter of this name holds what should not be read by others.</summary>
    static bool IsSecretName(string name) =>
        SecretWords.Any(w => name.Contains(w, StringComparison.OrdinalIgnoreCase))
            || name.Equals("sig", StringComparison.OrdinalIgnoreCase);
}
