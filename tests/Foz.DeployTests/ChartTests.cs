using Foz.Tests;
using k8s;
using k8s.Models;

namespace Foz.DeployTests;

/// <summary>
/// The chart and the plain manifests: rendered in all value sets, decoded strictly as Kubernetes' types, and safe.
/// </summary>
public sealed class ChartTests
{
    public static TheoryData<string, int> ValueSets => new()
    {
        { "", 5 },
        { "lake: {url: 's3://shop-lake/prod'}\nserve: {replicas: 2}\nruns: {enabled: true}", 6 },
        { "runs: {enabled: true, schedule: '0 2 * * *'}\nproject: {existingClaim: shop, target: prod}", 6 },
        { "serve: {tlsSecret: foz-tls, runs: false}\nsecrets: [shop, lake]\nenv: {ON: 'true', N: '1', A: 'a: \"b\"'}", 5 },
        { $"project: {{path: 'https://example.com/shop.tar.gz#sha256={new string('a', 64)}'}}", 5 },
        { "project: {path: 'git+https://example.com/shop@v1#projects/shop'}", 5 },
        { "networkPolicy: {enabled: false}\ndisruptionBudget: {enabled: false}", 3 },
        {
            "networkPolicy: {metadata: true, egress: [{ports: [{port: 5432}], to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}\n"
            + "disruptionBudget: {maxUnavailable: 0}\nnodeSelector: {disk: ssd}\npodAnnotations: {a: 'true'}\n"
            + "tolerations: [{key: a, operator: Exists}]\nserviceAccount: {annotations: {role: 'arn:aws:iam::1:role/foz'}}",
            5
        },
        {
            "image: {repository: registry.example.com/foz, digest: 'sha256:"
            + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', pullSecrets: [registry]}\n"
            + "state: {storageClass: fast, size: 100Gi}\nlake: {volume: {storageClass: fast, size: 1Ti}}\n"
            + "service: {type: LoadBalancer, postgresPort: 6432}\nserve: {resources: {limits: {cpu: '2'}}}",
            5
        },
    };

    [Theory]
    [MemberData(nameof(ValueSets))]
    public void Every_value_set_gives_manifests_that_Kubernetes_knows(string values, int count)
    {
        var manifests = Decode(Chart.Render(values));
        Assert.Equal(count, manifests.Count);
        Assert.All(manifests, manifest =>
        {
            Assert.Equal("foz", manifest.Metadata.NamespaceProperty);
            Assert.StartsWith("foz", manifest.Metadata.Name, StringComparison.Ordinal);
            Assert.Equal("foz", manifest.Metadata.Labels["app.kubernetes.io/name"]);
        });
        var server = manifests.OfType<V1StatefulSet>().Single();
        ExpectSafe(server.Spec.Template.Spec,
            [.. server.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name)]);
        ExpectProbes(server.Spec.Template.Spec.Containers.Single());
        var labels = server.Spec.Template.Metadata.Labels;
        ExpectChosen(server.Spec.Selector.MatchLabels, labels);
        ExpectChosen(manifests.OfType<V1Service>().Single().Spec.Selector, labels);
        foreach (var budget in manifests.OfType<V1PodDisruptionBudget>())
            ExpectChosen(budget.Spec.Selector.MatchLabels, labels);
        foreach (var policy in manifests.OfType<V1NetworkPolicy>())
            ExpectChosen(policy.Spec.PodSelector.MatchLabels, labels);
        foreach (var run in manifests.OfType<V1CronJob>())
        {
            var pod = run.Spec.JobTemplate.Spec.Template;
            ExpectSafe(pod.Spec, []);
            Assert.Equal("Forbid", run.Spec.ConcurrencyPolicy);
            foreach (var policy in manifests.OfType<V1NetworkPolicy>())
                ExpectChosen(policy.Spec.PodSelector.MatchLabels, pod.Metadata.Labels);
            // Clients are sent to the server alone.
            Assert.NotEqual(labels["app.kubernetes.io/component"], pod.Metadata.Labels["app.kubernetes.io/component"]);
        }
    }

    [Fact]
    public void Plain_manifests_are_what_the_chart_gives_by_default()
    {
        var file = Path.Combine(Repository.Root, "deploy", "kubernetes", "foz.yaml");
        var rendered = "# What deploy/helm/foz gives by default, in the namespace foz: a test holds the two together.\n"
            + "# Made by FOZ_UPDATE_EXPECTED=1; change the chart instead.\n"
            + Chart.Render("").Replace("managed-by: Helm", "managed-by: kubectl", StringComparison.Ordinal);
        if (Expect.IsUpdating) File.WriteAllText(file, rendered);
        Assert.Equal(File.ReadAllText(file), rendered);
    }

    [Theory]
    [InlineData("imag: {tag: a}")]
    [InlineData("image: {tagg: a}")]
    [InlineData("image: {pullPolicy: Sometimes}")]
    [InlineData("lake: {url: 'ftp://x'}")]
    [InlineData("lake: {volume: {size: 50}}")]
    [InlineData("serve: {replicas: '1'}")]
    [InlineData("serve: {replicas: 0}")]
    [InlineData("serve: {resources: {limit: {cpu: '1'}}}")]
    [InlineData("runs: {enabled: 'yes'}")]
    [InlineData("runs: {schedule: hourly}")]
    [InlineData("project: {path: 'https://example.com/shop.tar.gz'}")]
    [InlineData("project: {path: 'git+ssh://example.com/shop'}")]
    [InlineData("secrets: [Not A Name]")]
    [InlineData("env: {N: 1}")]
    [InlineData("service: {postgresPort: 70000}")]
    public void A_typo_is_an_error(string values) => Assert.Throws<ChartException>(() => Chart.Render(values));

    [Fact]
    public void Several_servers_need_a_lake_that_they_share() => Assert.Contains(
        "object store", Assert.Throws<ChartException>(() => Chart.Render("serve: {replicas: 2}")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_metadata_service_is_closed_unless_it_is_asked_for()
    {
        Assert.DoesNotContain("169.254.", Chart.Render(""), StringComparison.Ordinal);
        var policy = Decode(Chart.Render("networkPolicy: {metadata: true}")).OfType<V1NetworkPolicy>().Single();
        var rule = Assert.Single(policy.Spec.Egress, rule => rule.To is not null);
        Assert.Contains("169.254.169.254/32", rule.To.Select(peer => peer.IpBlock.Cidr));
        Assert.Equal(["80", "988"], rule.Ports.Select(port => port.Port.Value));
    }

    [Fact]
    public void The_schema_has_the_keys_of_the_values() => Assert.Empty(Chart.KeysThatDiffer());

    [Fact]
    public void The_strict_decoder_finds_a_key_with_a_typo() => Assert.ThrowsAny<Exception>(
        () => Decode(Chart.Render("").Replace("serviceName:", "servicename:", StringComparison.Ordinal)));

    static List<IKubernetesObject<V1ObjectMeta>> Decode(string manifests) =>
        [.. KubernetesYaml.LoadAllFromString(manifests, null, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    /// <summary>What the profile "restricted" of Kubernetes' pod security standards asks, and a read-only root.</summary>
    static void ExpectSafe(V1PodSpec pod, IReadOnlyCollection<string> claims)
    {
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.NotEqual(0, pod.SecurityContext.RunAsUser);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.False(pod.AutomountServiceAccountToken);
        var container = Assert.Single(pod.Containers);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.NotNull(container.Resources.Limits["memory"]);
        // Secrets are named, never written.
        Assert.All(container.EnvFrom ?? [], from => Assert.NotNull(from.SecretRef));
        string[] volumes = [.. pod.Volumes.Select(volume => volume.Name), .. claims];
        Assert.Equal(volumes.Order(), container.VolumeMounts.Select(mount => mount.Name).Order());
        Assert.Contains("/tmp", container.VolumeMounts.Select(mount => mount.MountPath));
    }

    static void ExpectProbes(V1Container server)
    {
        // The names and paths that `foz serve` answers, and its ports where foz.yml says nothing.
        Assert.Equal("/healthz", server.LivenessProbe.HttpGet.Path);
        Assert.Equal("/healthz", server.StartupProbe.HttpGet.Path);
        Assert.Equal("/readyz", server.ReadinessProbe.HttpGet.Path);
        Assert.Equal([5432, 8090, 8080], server.Ports.Select(port => port.ContainerPort));
        var isOverTls = server.VolumeMounts.Any(mount => mount.Name == "tls");
        foreach (var probe in new[] { server.LivenessProbe, server.StartupProbe, server.ReadinessProbe })
        {
            Assert.Equal("http", probe.HttpGet.Port.Value);
            Assert.Equal(isOverTls ? "HTTPS" : "HTTP", probe.HttpGet.Scheme);
        }
        Assert.Equal("serve", server.Args[0]);
    }

    static void ExpectChosen(IDictionary<string, string> selector, IDictionary<string, string> labels)
    {
        Assert.NotEmpty(selector);
        Assert.All(selector, label => Assert.Equal(label.Value, labels[label.Key]));
    }
}
