using Foz.Lake;
using Foz.Lake.Configuration;
using Foz.Pipelines.Projects.Reading;
using Foz.Tests.Pipelines.Projects;

namespace Foz.Tests.Lake.Configuration;

/// <summary>What <c>workloads:</c> and prices under <c>serve:</c> of foz.yml come to.</summary>
public sealed class WorkloadReaderTests : IDisposable
{
    readonly ProjectFolder folder = new();

    public void Dispose() => folder.Dispose();

    ServeOptions Read(string serve)
    {
        File.WriteAllText(Path.Combine(folder.Path, "foz.yml"), "name: p\n" + serve);
        return ProjectLoader.LoadFile(folder.Path, new()).Serve;
    }

    [Fact]
    public void Classes_are_read_in_their_order_with_their_limits()
    {
        var serve = Read("""
            serve:
              workloads:
                dashboards: {applications: superset, users: [ana], memory: 2GB, threads: 2, slots: 8, statement_timeout: 30s}
                analysts: {roles: [a, b], queue: 0, queue_timeout: 2m, spill: 10GB}
                default:
            """);
        Assert.Equal(["dashboards", "analysts", "default"], serve.Workloads.Select(w => w.Name));
        var (dashboards, analysts, others) = (serve.Workloads[0], serve.Workloads[1], serve.Workloads[2]);
        Assert.Equal(["superset"], dashboards.Applications);
        Assert.Equal(["ana"], dashboards.Users);
        Assert.Equal(
            (2_000_000_000L, 2, 8, TimeSpan.FromSeconds(30)),
            (dashboards.MemoryBytes, dashboards.Threads, dashboards.Slots, dashboards.StatementTimeout));
        Assert.Equal(
            (1000, TimeSpan.FromMinutes(5), null),
            (dashboards.QueueMax, dashboards.QueueTimeout, dashboards.SpillBytesMax));
        Assert.Equal(["a", "b"], analysts.Roles);
        Assert.Equal(
            (0, TimeSpan.FromMinutes(2), 10_000_000_000L),
            (analysts.QueueMax, analysts.QueueTimeout, analysts.SpillBytesMax));
        Assert.Equal((null, null, null), (others.MemoryBytes, others.Slots, others.StatementTimeout));
        Assert.Null(serve.Price);
    }

    [Fact]
    public void A_price_has_a_minimum_of_bytes()
    {
        var price = Read("serve: {price_per_tb: 4.50, price_bytes_min: 1MB}").Price!;
        Assert.Equal((4.50m, 1_000_000L), (price.PerTb, price.BytesMin));
        Assert.Equal(10_000_000, Read("serve: {price_per_tb: 5}").Price!.BytesMin);
    }

    [Fact]
    public void The_key_of_masks_is_a_secret()
    {
        File.WriteAllText(Path.Combine(folder.Path, ".env"), "MASK_KEY=one\nEMPTY_KEY=\n");
        Assert.Equal("one", Read("serve: {mask_key: '${MASK_KEY}'}").MaskKey);
        Assert.Null(Read("serve:").MaskKey);
        var error = Assert.Throws<FozException>(() => Read("serve: {mask_key: '${EMPTY_KEY}'}"));
        Assert.Contains("'mask_key' must be a key, which is not empty", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve: {mask_key: one}", "'mask_key' is a secret and must not stand in a file")]
    [InlineData("serve: {workloads: [a]}", "'workloads' must be a mapping of names")]
    [InlineData("serve: {workloads: {a: 1}}", "the workload 'a' must be a mapping")]
    [InlineData("serve: {workloads: {a: {slot: 1, users: b}}}", "unknown key 'slot' in the workload 'a'")]
    [InlineData("serve: {workloads: {a: {slots: 1}}}", "the workload 'a' matches no session")]
    [InlineData("serve: {workloads: {default: {users: b}}}", "'default' takes what no other takes")]
    [InlineData("serve: {workloads: {a b: {users: c}}}", "'a b' cannot be a workload's name")]
    [InlineData(
        "serve: {workloads: {a: {users: b, memory: much}}}",
        "'memory' must be an amount such as 512MB or 2GB, not 'much'")]
    [InlineData(
        "serve: {workloads: {a: {users: b, slots: 0}}}", "'slots' must be a whole number from 1 to 10,000, not 0")]
    [InlineData("serve: {workloads: {a: {users: b, queue_timeout: soon}}}", "'queue_timeout' must be a length of time")]
    [InlineData("serve: {price_per_tb: cheap}", "'price_per_tb' must be a price such as 5 or 4.50, not 'cheap'")]
    [InlineData("serve: {workload: {}}", "unknown key 'workload'")]
    public void What_is_wrong_is_told(string serve, string message) =>
        Assert.Contains(message, Assert.Throws<FozException>(() => Read(serve)).Message, StringComparison.Ordinal);
}
