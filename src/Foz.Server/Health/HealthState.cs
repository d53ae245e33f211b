using Foz.Lake.Data;
using Foz.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Foz.Server.Health;

/// <summary>Whether the server lives, and whether it can serve.</summary>
/// <param name="sql">What serves statements.</param>
/// <param name="clock">The time.</param>
sealed class HealthState(SqlService sql, TimeProvider clock)
{
    static readonly TimeSpan LakeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Whether it takes clients.</summary>
    public bool IsServing { get; set; }

    /// <summary>Answers <c>/healthz</c> and <c>/readyz</c>, which need no log-in and reveal nothing else.</summary>
    public void Map(WebApplication app)
    {
        app.MapGet("/healthz", static context => AnswerAsync(context, StatusCodes.Status200OK, "alive"));
        app.MapGet("/readyz", async context =>
        {
            var (status, text) = !IsServing
                ? (StatusCodes.Status503ServiceUnavailable, "stopping")
                : !sql.IsReady
                ? (StatusCodes.Status503ServiceUnavailable, "the engine is opened again")
                : await CanReachLakeAsync(context.RequestAborted)
                    ? (StatusCodes.Status200OK, "ready")
                    : (StatusCodes.Status503ServiceUnavailable, "the lake cannot be reached");
            await AnswerAsync(context, status, text);
        });
    }

    static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    async Task<bool> CanReachLakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Whether the name exists does not matter, only that the catalog answers.
            await sql.Lake.Catalog.FindAsync(new TableName("foz", "runs"), cancellationToken).AsTask()
                .WaitAsync(LakeTimeout, clock, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return false;
        }
    }
}
