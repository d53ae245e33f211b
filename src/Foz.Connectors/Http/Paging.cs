using System.Globalization;
using Foz.Lake;
using Foz.Lake.Configuration;

namespace Foz.Connectors.Http;

/// <summary>Where parameters of paging go.</summary>
enum PagingTarget
{
    /// <summary>Into the query of the address.</summary>
    Query,

    /// <summary>Into the body, a JSON object.</summary>
    Body,

    /// <summary>Into the variables of GraphQL.</summary>
    Variables,
}

/// <summary>How one page leads to the next.</summary>
abstract record Paging
{
    Paging() { }

    /// <summary>Where parameters go.</summary>
    public PagingTarget Into { get; init; }

    /// <summary>How many rows a page should have; null where the server decides.</summary>
    public int? Size { get; init; }

    /// <summary>The parameter that says so.</summary>
    public string SizeParam { get; init; } = "limit";

    /// <summary>Where the answer says whether there is another page; null where it does not.</summary>
    public JsonPath? HasMore { get; init; }

    /// <summary>Where the answer has the number of pages or of rows; null where it does not.</summary>
    public JsonPath? Total { get; init; }

    /// <summary>The status of a request after the last page; null where no status means that.</summary>
    public int? EndStatus { get; init; }

    /// <summary>More pages than these are an error.</summary>
    public int PagesMax { get; init; } = 100_000;

    /// <summary>There is one page.</summary>
    public sealed record Single : Paging;

    /// <summary>By the number of the page or, counting rows, by that of its first row.</summary>
    public sealed record Number(string Param, long Start, bool CountsRows) : Paging;

    /// <summary>By a token that the answer has: in its body, in a header or in its last row.</summary>
    public sealed record Token(string Param) : Paging
    {
        /// <summary>Where the body has it; null where it is elsewhere.</summary>
        public JsonPath? Path { get; init; }

        /// <summary>The header that has it; null where it is elsewhere.</summary>
        public string? Header { get; init; }

        /// <summary>The field of the last row that is it; null where it is elsewhere.</summary>
        public JsonPath? LastField { get; init; }
    }

    /// <summary>By an address: in the header <c>Link</c> (RFC 8288), or in the body.</summary>
    /// <param name="Path">Where the body has it; null for the header.</param>
    public sealed record Address(JsonPath? Path) : Paging;

    /// <summary>Reads <c>paging</c> of a stream.</summary>
    /// <param name="paging">The mapping; null where there is none.</param>
    /// <param name="isGraphQl">Whether the stream is a query of GraphQL.</param>
    /// <exception cref="FozException">It is wrong.</exception>
    public static Paging Read(Settings? paging, bool isGraphQl)
    {
        if (paging is null) return new Single();
        var type = paging.RequiredText("type");
        Paging read = type switch
        {
            "page" => new Number(paging.Text("param") ?? "page", Whole(paging, "start", 1), CountsRows: false),
            "offset" => new Number(paging.Text("param") ?? "offset", Whole(paging, "start", 0), CountsRows: true),
            "cursor" => ReadToken(paging),
            "link" => new Address((JsonPath?)null),
            "next_url" => new Address(JsonPath.Parse(Needed(paging, type, "url"))),
            _ => throw paging.Wrong("type", $"page, offset, cursor, link or next_url, not '{type}'"),
        };
        return read with
        {
            Into = paging.Text("into") switch
            {
                null => isGraphQl ? PagingTarget.Variables : PagingTarget.Query,
                "query" => PagingTarget.Query,
                "body" => PagingTarget.Body,
                "variables" when isGraphQl => PagingTarget.Variables,
                var into => throw paging.Wrong("into", $"query, body or, of GraphQL, variables, not '{into}'"),
            },
            Size = paging.Integer("size", 1, 1_000_000, 0) is > 0 and var size ? size : null,
            SizeParam = paging.Text("size_param") ?? read.SizeParam,
            HasMore = PathOf(paging, "has_more"),
            Total = PathOf(paging, "total"),
            EndStatus = paging.Integer("end_status", 400, 499, 0) is > 0 and var status ? status : null,
            PagesMax = paging.Integer("pages_max", 1, 100_000_000, read.PagesMax),
        };
    }

    static Token ReadToken(Settings paging)
    {
        string[] places = ["token", "token_header", "last"];
        if (places.Count(key => paging.Text(key) is not null) != 1)
            throw paging.Wrong("paging", "of type cursor with one of 'token', 'token_header' and 'last'");
        return new(paging.Text("param") ?? "cursor")
        {
            Path = PathOf(paging, "token"), Header = paging.Text("token_header"), LastField = PathOf(paging, "last"),
        };
    }

    static JsonPath? PathOf(Settings paging, string key) => paging.Text(key) is { } text ? JsonPath.Parse(text) : null;

    static long Whole(Settings paging, string key, long otherwise) => paging.Integer(key) ?? otherwise;

    static string Needed(Settings paging, string type, string key) => paging.Text(key)
        ?? throw new FozException(ErrorKind.Configuration, $"'paging' of type {type} needs '{key}'")
        {
            Place = paging.PlaceOf(key),
        };
}

/// <summary>A page that was fetched.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="RowCount">How many rows it has.</param>
/// <param name="LastRow">Its last row in JSON; empty where it has none, or is not JSON.</param>
sealed record Page(HttpAnswer Answer, int RowCount, ReadOnlyMemory<byte> LastRow);

/// <summary>Goes from page to page.</summary>
/// <param name="paging">How.</param>
sealed class PageWalk(Paging paging)
{
    readonly HashSet<string> seen = new(StringComparer.Ordinal);
    string? position = paging is Paging.Number number ? Text(number.Start) : null;
    long rowsSoFar;
    int pages;
    byte[]? lastBody;

    /// <summary>The parameters of the page, by name.</summary>
    public IReadOnlyDictionary<string, string> Params
    {
        get
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            if (paging.Size is { } size && paging is Paging.Number or Paging.Token)
                values[paging.SizeParam] = Text(paging.Size!.Value);
            if (position is null) return values;
            if (paging is Paging.Number number) values[number.Param] = position;
            if (paging is Paging.Token token) values[token.Param] = position;
            return values;
        }
    }

    /// <summary>The page's address where the one before stated it; null for the stream's own.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Whether an answer's status says that the last page was the one before.</summary>
    public bool IsEnd(int status) => paging.EndStatus == status && pages > 0;

    /// <summary>Moves to the next page.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="FozException">Thrown when the pages go round in circles.</exception>
    public bool MoveNext(Page page)
    {
        pages++;
        rowsSoFar += page.RowCount;
        if (paging is Paging.Single) return false;
        if (paging.HasMore is { } more && !IsTrue(more.FindText(page.Answer.Body.Span)))
        {
            CheckEnd(page, more);
            return false;
        }
        var isNext = paging switch
        {
            Paging.Number number => MoveNumber(number, page),
            Paging.Token token => MoveTo(TokenOf(token, page)),
            Paging.Address address => MoveTo(address, page),
            _ => false,
        };
        if (!isNext) CheckEnd(page, PlaceOfNext);
        if (isNext && pages >= paging.PagesMax)
            throw new FozException(ErrorKind.Source, $"there are more than {paging.PagesMax:N0} pages")
            {
                Hint = "set a larger pages_max if that is right",
            };
        return isNext;
    }

    /// <summary>Where the body says what the next page is; null where that stands elsewhere.</summary>
    JsonPath? PlaceOfNext => paging switch
    {
        Paging.Address address => address.Path,
        Paging.Token token => token.Path,
        _ => null,
    };

    /// <summary>
    /// Checks that the pages really end here. If the answer contradicts, rows would be missing silently: it counts more
    /// rows, says that there are more, or lacks the requested field and has a similar one.
    /// </summary>
    void CheckEnd(Page page, JsonPath? asked)
    {
        var body = page.Answer.Body.Span;
        if (paging.Total?.FindText(body) is { } total && paging is not Paging.Number { CountsRows: false }
            && long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rowsSoFar < rows
            && page.RowCount > 0)
            throw Cut($"the pages end after {rowsSoFar:N0} rows, and '{paging.Total.Text}' says {rows:N0}");
        if (asked is null || asked.IsIn(body)) return;
        if (asked != paging.HasMore && paging.HasMore is { } more && IsTrue(more.FindText(body)))
            throw Cut($"'{more.Text}' says that there are more rows, but the answer has no '{asked.Text}'");
        if (NextPage.Find(body) is { } other) throw Cut($"the answer has no '{asked.Text}', but '{other}'");
    }

    static FozException Cut(string message) => new(ErrorKind.Source, $"rows would be missing: {message}")
    {
        Hint = "correct 'paging' of the stream: the path of the field as the answer has it",
    };

    bool MoveNumber(Paging.Number number, Page page)
    {
        if (page.RowCount == 0) return false;
        var body = page.Answer.Body.ToArray();
        if (lastBody is not null && body.AsSpan().SequenceEqual(lastBody))
            throw Circle(
                $"the answer for {number.Param} {position} is the one before: the server "
                    + $"does not heed '{number.Param}'");
        lastBody = body;
        var next = number.CountsRows ? number.Start + rowsSoFar : number.Start + pages;
        if (paging.Total?.FindText(page.Answer.Body.Span) is { } total
            && long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            && (number.CountsRows ? rowsSoFar : pages) >= end) return false;
        position = Text(next);
        return true;
    }

    static string? TokenOf(Paging.Token token, Page page) =>
        token.Header is { } header ? page.Answer.Header(header)
        : token.Path is { } path ? path.FindText(page.Answer.Body.Span)
        : page.LastRow.IsEmpty ? null
        : token.LastField!.FindText(page.LastRow.Span);

    bool MoveTo(Paging.Address address, Page page)
    {
        var text = address.Path is { } path
            ? path.FindText(page.Answer.Body.Span)
            : LinkHeader.Next(page.Answer.Header("Link"));
        if (!MoveTo(text)) return false;
        Address = Uri.TryCreate(page.Answer.Url, text, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new FozException(ErrorKind.Source, "the next page's address is none of HTTP");
        return true;
    }

    bool MoveTo(string? next)
    {
        if (string.IsNullOrEmpty(next)) return false;
        if (!seen.Add(next)) throw Circle("a page leads to one that was read before");
        position = next;
        return true;
    }

    static bool IsTrue(string? text) => text is not (null or "" or "false" or "0");

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static FozException Circle(string message) => new(ErrorKind.Source, $"the pages have no end: {message}")
    {
        Hint = "correct 'paging' of the stream",
    };
}
