using System.Globalization;
using System.Text;
using Foz.Serving.Governance;
using Foz.Serving.Trino.Types;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Foz.Server.Trino;

/// <summary>The requests of Trino's protocol.</summary>
/// <param name="host">What statements share.</param>
/// <param name="queries">The statements.</param>
sealed class TrinoEndpoints(TrinoHost host, TrinoQueries queries)
{
    const int SqlCharactersMax = 1_000_000;

    readonly long startedAt = host.Clock.GetTimestamp();

    /// <summary>Answers them.</summary>
    public void Map(WebApplication app)
    {
        app.MapGet("/v1/info", context => AnswerAsync(
            context, TrinoJson.Server(TrinoVersion.Served, host.Clock.GetElapsedTime(startedAt), isStarting: false)));
        app.MapGet("/v1/info/state", context => AnswerAsync(context, "\"ACTIVE\""u8.ToArray()));
        app.MapMethods("/v1/info", ["HEAD"], static _ => Task.CompletedTask);
        app.MapMethods("/v1/status", ["GET", "HEAD"], static _ => Task.CompletedTask);
        app.MapPost(TrinoAddress.StatementPath, BeginAsync);
        app.MapGet(TrinoAddress.PagePath + "/{id}/{slug}/{token:long}", PageAsync);
        app.MapDelete(TrinoAddress.PagePath + "/{id}/{slug}/{token:long}", CancelPageAsync);
        app.MapGet(TrinoAddress.QueryPath, ListAsync);
        app.MapGet(TrinoAddress.QueryPath + "/{id}", InfoAsync);
        app.MapDelete(TrinoAddress.QueryPath + "/{id}", CancelAsync);
    }

    async Task BeginAsync(HttpContext context)
    {
        var headers = TrinoHeaders.Of(context.Request);
        if (await LogInAsync(context, headers) is not { } user) return;
        var sql = await ReadAsync(context);
        if (sql is null)
        {
            await RefuseAsync(
                context, StatusCodes.Status413PayloadTooLarge,
                $"A statement has at most {SqlCharactersMax} characters");
            return;
        }

        if (string.IsNullOrWhiteSpace(sql))
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "SQL statement is empty");
            return;
        }

        if (queries.Begin(user, headers.Read(sql, $"{context.Connection.RemoteIpAddress}")) is not { } query)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "Too many statements run already");
            return;
        }

        // Some clients lose rows that come with the first answer.
        await AnswerAsync(
            context, TrinoJson.Results(query, new(TrinoPage.Nothing, NextToken: 1), TrinoAddress.Of(context.Request)));
    }

    async Task PageAsync(HttpContext context)
    {
        if (await FindPageAsync(context) is not { } query) return;
        if (await query.AnswerAsync(TokenOf(context), host.WaitMax, context.RequestAborted) is not { } answer)
        {
            await RefuseAsync(context, StatusCodes.Status410Gone, "The page was taken already");
            return;
        }

        TrinoHeaders.Of(context.Request).Write(answer.Page.Effects, context.Response.Headers);
        await AnswerAsync(context, TrinoJson.Results(query, answer, TrinoAddress.Of(context.Request)));
    }

    async Task CancelPageAsync(HttpContext context)
    {
        if (await FindPageAsync(context) is not { } query) return;
        query.Stop(TrinoError.Canceled);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    async Task ListAsync(HttpContext context)
    {
        if (await LogInAsync(context, TrinoHeaders.Of(context.Request)) is not { } user) return;
        await AnswerAsync(
            context, TrinoJson.Infos(queries.All.Where(q => q.IsOf(user)), TrinoAddress.Of(context.Request)));
    }

    async Task InfoAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } query)
            await AnswerAsync(context, TrinoJson.Info(query, TrinoAddress.Of(context.Request)));
    }

    async Task CancelAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } query) return;
        query.Stop(TrinoError.Canceled);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>
    /// Returns the statement that a request names, if its user may know of it; otherwise answers the request.
    /// </summary>
    async Task<TrinoQuery?> FindAsync(HttpContext context)
    {
        if (await LogInAsync(context, TrinoHeaders.Of(context.Request)) is not { } user) return null;
        if (queries.Find($"{context.Request.RouteValues["id"]}") is { } query && query.IsOf(user)) return query;
        await RefuseAsync(context, StatusCodes.Status404NotFound, "Query not found");
        return null;
    }

    /// <summary>
    /// Returns the statement whose page a request asks for, if its user has begun it; otherwise answers the request.
    /// Where users do not log in, the slug alone identifies the client.
    /// </summary>
    async Task<TrinoQuery?> FindPageAsync(HttpContext context)
    {
        SessionUser? user = null;
        if (!host.LogIn.IsOpen && (user = await LogInAsync(context, TrinoHeaders.Of(context.Request))) is null)
            return null;
        if (queries.Find($"{context.Request.RouteValues["id"]}") is { } query
            && query.IsSlug($"{context.Request.RouteValues["slug"]}")
            && (user is null || query.IsOf(user))) return query;
        await RefuseAsync(context, StatusCodes.Status404NotFound, "Query not found");
        return null;
    }

    static long TokenOf(HttpContext context) =>
        long.TryParse(
            $"{context.Request.RouteValues["token"]}", NumberStyles.None, CultureInfo.InvariantCulture, out var token)
            ? token
            : -1;

    async Task<SessionUser?> LogInAsync(HttpContext context, TrinoHeaders headers)
    {
        var identity = await host.LogIn.FindAsync(context, headers.User, context.RequestAborted);
        if (identity.User is { } user)
        {
            TrinoStart.Done(context);
            return user;
        }
        if (identity.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"Trino\"";
        await RefuseAsync(context, identity.Status, identity.Message);
        return null;
    }

    /// <summary>The text of a request; null where it is too long.</summary>
    static async Task<string?> ReadAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var buffer = new char[8192];
        var text = new StringBuilder();
        while (await reader.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
        {
            if (text.Length + count > SqlCharactersMax) return null;
            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }

    static Task AnswerAsync(HttpContext context, ReadOnlyMemory<byte> json)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }

    static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(message, context.RequestAborted);
    }
}
