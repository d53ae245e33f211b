using System.Net;
using Foz.Cli.Commands.Serving;
using Foz.Operations;
using Foz.Operations.Hosting;
using Foz.Operations.Incidents;
using Foz.Tests.Delta;
using Foz.Tests.Pipelines.Runs;
using Foz.Tests.Server.PgWire;

namespace Foz.Tests.Cli.Commands;

/// <summary>The pages that links in messages lead to, over HTTP.</summary>
public sealed class IncidentPageTests : IAsyncLifetime
{
    const string Text = "<script>alert('1')</script> & \"it\" failed";

    readonly ManualTime clock = new();
    readonly LakeProject project;
    readonly HttpClient client = new(new HttpClientHandler { AllowAutoRedirect = false });
    IncidentService incidents = null!;
    SignedLinks links = null!;
    PgTestServer server = null!;
    string id = "";

    public IncidentPageTests() => project = new(clock);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var file = project.Load().File;
        incidents = new(project.Lake, file);
        links = await SignedLinks.OpenAsync(project.Lake, configured: null, Cancel);
        var pages = new LinkPages(
            _ => Task.FromResult<SignedLinks?>(links), new(new TaskService(project.Lake, file)),
            new(incidents, clock));
        server = await PgTestServer.StartAsync(pages: [.. pages.Create()]);
        await incidents.NoteAsync(
            [new(IncidentKind.Step, "silver.a", clock.Now, IsBroken: true) { Text = Text, Command = "foz run a<b" }],
            Cancel);
        id = Assert.Single(await incidents.ListAsync(Cancel)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        client.Dispose();
        project.Dispose();
    }

    [Fact]
    public async Task Opening_a_link_shows_the_incident_escaped_and_changes_nothing()
    {
        await incidents.CommentAsync(id, "<i>ana</i>", "<b>on it</b>", Cancel);
        var before = await FindAsync();
        using var answer = await client.GetAsync(Link(), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;it&quot; failed", page,
            StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;ana&lt;/i&gt;, 2026-01-01 00:00:00 UTC: &lt;b&gt;on it&lt;/b&gt;", page,
            StringComparison.Ordinal);
        Assert.Contains("foz run a&lt;b", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("I take care of it", page, StringComparison.Ordinal);
        Assert.StartsWith(
            "default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(),
            StringComparison.Ordinal);
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var after = await FindAsync();
        Assert.Equal((before.Changes, null), (after.Changes, after.AcknowledgedBy));
    }

    [Fact]
    public async Task A_browser_of_Brazil_gets_Portuguese()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Link());
        request.Headers.Add("Accept-Language", "fr, pt-BR;q=0.9, en;q=0.8");
        using var answer = await client.SendAsync(request, Cancel);
        var page = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("lang=\"pt-BR\"", page, StringComparison.Ordinal);
        Assert.Contains("Eu cuido disso", page, StringComparison.Ordinal);
        Assert.Contains("Crítico, Aberto", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_acknowledges_assigns_comments_and_silences_and_notes_who_by_which_channel()
    {
        Assert.Equal(
            HttpStatusCode.SeeOther, await PostAsync(Link(), ("action", "acknowledge"), ("name", " ana\r\n ")));
        Assert.Equal(HttpStatusCode.SeeOther, await PostAsync(Link(), ("action", "assign"), ("to", "bia")));
        Assert.Equal(
            HttpStatusCode.SeeOther,
            await PostAsync(Link(), ("action", "comment"), ("name", "ana"), ("comment", "the source\nwas down")));
        Assert.Equal(
            HttpStatusCode.SeeOther,
            await PostAsync(Link(), ("action", "silence"), ("name", "ana"), ("hours", "8"), ("comment", "repair")));
        var incident = await FindAsync();
        Assert.Equal(("ana (by a link in ops)", "bia"), (incident.AcknowledgedBy, incident.AssignedTo));
        var comment = Assert.Single(incident.Comments);
        Assert.Equal(("ana (by a link in ops)", "the source was down"), (comment.By, comment.Text));
        var silence = Assert.Single(await incidents.ListSilencesAsync(Cancel));
        Assert.Equal(
            ("silver.a", clock.Now.AddHours(8), "ana (by a link in ops)", "repair"),
            (silence.Subject, silence.Until, silence.By, silence.Reason));
        Assert.True(silence.Covers(incident, clock.Now));
        var page = await client.GetStringAsync(Link(), Cancel);
        Assert.Contains("Taken care of by</th><td>ana (by a link in ops)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("I take care of it", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_used_twice_leaves_the_first_user_and_leads_back_to_its_page()
    {
        using var form = new FormUrlEncodedContent([new("action", "acknowledge"), new("name", "ana")]);
        using var first = await client.PostAsync(Link(), form, Cancel);
        Assert.Equal(Link(), new Uri(Link(), first.Headers.Location!));
        Assert.Equal(HttpStatusCode.SeeOther, await PostAsync(Link(), ("action", "acknowledge"), ("name", "bia")));
        var incident = await FindAsync();
        Assert.Equal("ana (by a link in ops)", incident.AcknowledgedBy);
        await incidents.ResolveAsync(id, "ana", comment: null, Cancel);
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(Link(), ("action", "comment"), ("comment", "late")));
        Assert.DoesNotContain("<form", await client.GetStringAsync(Link(), Cancel), StringComparison.Ordinal);
        Assert.Empty((await FindAsync()).Comments);
    }

    [Fact]
    public async Task A_forged_or_expired_link_shows_and_changes_nothing()
    {
        var other = await SignedLinks.OpenAsync(project.Lake, new string('k', 32), Cancel);
        Uri[] forged =
        [
            new(Link() + "x"), Address(other.Create(Token(id))), Address("a.b"),
            Address(links.Create(Token("no-such-incident"))),
            Address(links.Create(Token(id) with { Purpose = "something-else" })),
            Address(links.Create(Token(id) with { About = [id, "more"] })),
            // A link of another purpose is no link to an incident.
            Address(links.Create(Token(id) with { Purpose = LinkPurposes.Approval })),
        ];
        foreach (var link in forged) await RefusedAsync(link);
        var valid = Link();
        clock.Now += TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1);
        Assert.Contains("silver.a", await client.GetStringAsync(valid, Cancel), StringComparison.Ordinal);
        clock.Now += TimeSpan.FromSeconds(1);
        await RefusedAsync(valid);
        Assert.Null((await FindAsync()).AcknowledgedBy);
    }

    [Fact]
    public async Task A_wrong_method_form_or_size_is_refused()
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete, HttpMethod.Patch])
        {
            using var request = new HttpRequestMessage(method, Link());
            using var answer = await client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        }
        using var json = new StringContent("{\"action\":\"acknowledge\"}", null, "application/json");
        using var refused = await client.PostAsync(Link(), json, Cancel);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, refused.StatusCode);
        (string, string)[][] incomplete =
        [
            [], [("action", "resolve")], [("action", "comment"), ("comment", " ")], [("action", "assign")],
            [("action", "silence"), ("hours", "9999")], [("action", "silence"), ("hours", "-1")],
        ];
        foreach (var form in incomplete)
            Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(Link(), form));
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            await PostAsync(Link(), ("action", "comment"), ("comment", new string('x', 20_000))));
        Assert.Equal(HttpStatusCode.SeeOther, await PostAsync(
            Link(), ("action", "comment"), ("comment", new string('x', 5000)), ("name", new string('n', 500))));
        var incident = await FindAsync();
        var comment = Assert.Single(incident.Comments);
        Assert.Equal((1000, 100), (comment.Text.Length, comment.By.IndexOf(' ', StringComparison.Ordinal)));
        Assert.Equal((null, null), (incident.AcknowledgedBy, incident.AssignedTo));
        Assert.Empty(await incidents.ListSilencesAsync(Cancel));
    }

    async Task RefusedAsync(Uri link)
    {
        using var shown = await client.GetAsync(link, Cancel);
        Assert.True(shown.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict, $"{shown.StatusCode}");
        Assert.DoesNotContain("silver.a", await shown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.True(
            await PostAsync(link, ("action", "acknowledge"), ("name", "eve"))
                is HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.Conflict);
    }

    async Task<HttpStatusCode> PostAsync(Uri link, params IEnumerable<(string Name, string Value)> fields)
    {
        using var form = new FormUrlEncodedContent(
            fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var answer = await client.PostAsync(link, form, Cancel);
        return answer.StatusCode;
    }

    Task<Incident> FindAsync() => incidents.FindAsync(id, Cancel);

    SignedLink Token(string incident) => new()
    {
        Purpose = LinkPurposes.Incident, About = [incident], To = "ops", Expires = clock.Now.AddDays(7),
    };

    Uri Link() => links.AddressOf(server.Server.HttpAddress, Token(id));

    Uri Address(string token) => new(server.Server.HttpAddress, $"links/{token}");
}
