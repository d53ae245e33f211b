using System.Globalization;
using System.Text.Json;
using Foz.Lake.Tables;
using Foz.Operations.Triggers;
using Foz.Server.Pages;
using Microsoft.AspNetCore.Http;

namespace Foz.Cli.Commands.Serving;

/// <summary><c>POST /hooks/&lt;schedule&gt;</c> of the HTTP port: makes a schedule due.</summary>
static class WebhookPage
{
    /// <summary>Returns the page.</summary>
    public static HttpPage Of(WebhookReceiver receiver) =>
        new("POST", "/hooks/{name}", context => AnswerAsync(context, receiver)) { NeedsLogIn = false };

    static async Task AnswerAsync(HttpContext context, WebhookReceiver receiver)
    {
        using var body = new MemoryStream();
        WebhookAnswer answer;
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            answer = await receiver.ReceiveAsync(
                (string)context.Request.RouteValues["name"]!,
                name => context.Request.Headers.TryGetValue(name, out var values) ? values.ToString() : null,
                body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            answer = new(e.StatusCode, "the body cannot be read");
        }
        catch (Exception e) when (DeltaErrors.Find(e) is not null)
        {
            // What the lake answers is not for callers; the host reports it by itself.
            answer = new(StatusCodes.Status503ServiceUnavailable, "the lake cannot be written")
            {
                RetryAfterSeconds = 10,
            };
        }
        context.Response.StatusCode = answer.Status;
        if (answer.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json";
        var key = answer.Status == StatusCodes.Status202Accepted ? "run" : "error";
        await context.Response.WriteAsync(
            JsonSerializer.Serialize(new Dictionary<string, string> { [key] = answer.Text }), context.RequestAborted);
    }
}
