using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Mill.State.Etcd;
using Mill.State.Etcd.Process;
using Xunit;

namespace Mill.ClusterTests.Etcd;

public sealed class EtcdProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mill-etcd-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task It_starts_answers_keeps_what_was_written_and_stops_with_us()
    {
        var options = Options();
        for (var run = 0; run < 2; run++)
        {
            await using var member = Running.Start(options);
            await member.AnswersAsync();
            await using var store = member.OpenStore();
            if (run == 0) await store.CommitAsync(new([], [new("a", new byte[1])]), default);
            Assert.NotNull(await store.FindAsync("a", default));
            await member.StopAsync();
            Assert.False(IsAlive(member.Process.ProcessId));
        }
        Assert.NotEmpty(await File.ReadAllTextAsync(options.LogFile));
        Assert.False(File.Exists(options.DataDirectory + ".pid"));
    }

    [Fact]
    public async Task It_is_started_again_when_it_dies()
    {
        await using var member = Running.Start(Options());
        await member.AnswersAsync();
        var killed = member.Process.ProcessId;
        Signals.Send(killed, Signal.Kill);
        await Until.TrueAsync("another etcd runs", Patience, () => Task.FromResult(member.Process.ProcessId != killed));
        await member.AnswersAsync();
    }

    [Fact]
    public async Task One_that_an_earlier_server_left_behind_is_ended_first()
    {
        var options = Options();
        using var orphan = Process.Start(new ProcessStartInfo("etcd", EtcdArguments.Of(options)) { RedirectStandardError = true })!;
        var reading = orphan.StandardError.ReadToEndAsync();
        await File.WriteAllTextAsync(options.DataDirectory + ".pid", $"{orphan.Id}\n");
        await using var member = Running.Start(options);
        await orphan.WaitForExitAsync().WaitAsync(Patience);
        await reading;
        await member.AnswersAsync();
        Assert.NotEqual(orphan.Id, member.Process.ProcessId);
    }

    [Fact]
    public async Task A_process_that_only_has_the_id_of_ours_is_left_alone()
    {
        var options = Options();
        using var stranger = Process.Start(new ProcessStartInfo("sleep", ["600"]))!;
        try
        {
            await File.WriteAllTextAsync(options.DataDirectory + ".pid", $"{stranger.Id}\n");
            await using var member = Running.Start(options);
            await member.AnswersAsync();
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        var process = new EtcdProcess(Options() with { Binary = "/nowhere/etcd" }, TimeProvider.System, NullLogger<EtcdProcess>.Instance);
        var failure = await Assert.ThrowsAsync<MillException>(() => process.RunAsync(default));
        Assert.Equal(MillError.StorageUnavailable, failure.Error);
        Assert.Contains("/nowhere/etcd", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Three_members_come_together_one_by_one_and_the_cluster_outlives_its_first_leader()
    {
        using var authority = new TestAuthority();
        var files = new EtcdTlsFiles(authority.CertificateFile, authority.KeyFile, authority.AuthorityFile);
        EtcdProcessOptions Secure(string name, IReadOnlyDictionary<string, Uri>? others) => Options(name, others) with { OurTls = authority.Client };
        EtcdProcessOptions Member(string name, IReadOnlyDictionary<string, Uri>? others)
        {
            var secured = Secure(name, others) with { ClientTls = files, PeerTls = files };
            return secured with { InitialCluster = new Dictionary<string, Uri>(others ?? new Dictionary<string, Uri>()) { [name] = secured.PeerUrl } };
        }

        var running = new List<Running>();
        try
        {
            var first = Member("one", others: null);
            running.Add(Running.Start(first));
            await running[0].AnswersAsync();
            var cluster = new Dictionary<string, Uri>(first.InitialCluster);
            await using var store = running[0].OpenStore();
            var members = store.Members;
            foreach (var name in new[] { "two", "three" })
            {
                var options = Member(name, cluster) with { JoinsExisting = true };
                cluster = new(options.InitialCluster);
                var learner = await members.AddLearnerAsync(options.PeerUrl, default);
                Assert.True(learner.IsLearner);
                Assert.Equal(learner.Id, (await members.AddLearnerAsync(options.PeerUrl, default)).Id); // asked again, it is the same
                running.Add(Running.Start(options));
                await running[^1].AnswersAsync();
                Assert.True((await members.ReadStatusAsync(options.ClientUrl, default)).IsLearner);
                await Until.TrueAsync($"{name} is promoted", Patience, () => members.PromoteAsync(learner.Id, default));
                Assert.True(await members.PromoteAsync(learner.Id, default));
            }

            var all = await members.ListAsync(default);
            Assert.Equal(["one", "three", "two"], all.Select(member => member.Name).Order());
            Assert.All(all, member => Assert.False(member.IsLearner));

            var two = all.Single(member => member.Name == "two");
            await members.MoveLeaderAsync(two.Id, default);
            var status = await members.ReadStatusAsync(two.ClientUrls[0], default);
            Assert.True(status is { IsLeader: true, DatabaseBytes: > 0, AppliedIndex: > 0 });

            // Everybody's endpoints, the leader's first: it dies, and the others go on.
            var endpoints = all.OrderBy(member => member.Id != two.Id).Select(member => member.ClientUrls[0]).ToList();
            var patient = new EtcdOptions { Endpoints = endpoints, Tls = authority.Client, GiveUpAfter = TimeSpan.FromSeconds(15) };
            await using var everywhere = new EtcdStateStore(patient, TimeProvider.System);
            var before = await everywhere.CommitAsync(new([], [new("a", new byte[1])]), default);
            Signals.Send(running[1].Process.ProcessId, Signal.Kill);
            Assert.Equal(before.Revision, (await everywhere.FindAsync("a", default))?.Revision);
            Assert.True((await everywhere.CommitAsync(new([new("a", before.Revision)], [new("a", new byte[2])]), default)).Succeeded);

            var three = all.Single(member => member.Name == "three");
            await running[1].AnswersAsync(); // it is back by itself
            // It came back to a cluster that has just lost its leader: a change of members may take longer than one call waits, and can be asked for again.
            await Until.TrueAsync("three is removed", Patience, () => TryAsync(members.RemoveAsync(three.Id, default)));
            await Until.TrueAsync("it is still gone", Patience, () => TryAsync(members.RemoveAsync(three.Id, default))); // it may have led: another election
            Assert.DoesNotContain(await members.ListAsync(default), member => member.Id == three.Id);
        }
        finally
        {
            foreach (var member in running) await member.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_member_whose_certificate_is_put_on_the_list_does_not_get_in_any_more_without_a_restart()
    {
        using var authority = new TestAuthority();
        using var removed = authority.IssueMember("removed");
        using var other = authority.IssueMember("other");
        var list = Path.Combine(_directory.FullName, "ca.crl");
        await File.WriteAllBytesAsync(list, authority.List());
        var files = new EtcdTlsFiles(authority.CertificateFile, authority.KeyFile, authority.AuthorityFile, list);
        var options = Options() with { PeerTls = files, InitialCluster = new Dictionary<string, Uri>() };
        await using var member = Running.Start(options with { InitialCluster = new Dictionary<string, Uri> { [options.Name] = options.PeerUrl } });
        await member.AnswersAsync();
        var process = member.Process.ProcessId;
        Assert.True(await GetsInAsync(options.PeerUrl, authority, removed));
        await ReplaceAsync(list, authority.List(removed));
        Assert.False(await GetsInAsync(options.PeerUrl, authority, removed));
        Assert.True(await GetsInAsync(options.PeerUrl, authority, other));
        await ReplaceAsync(list, authority.List());
        Assert.True(await GetsInAsync(options.PeerUrl, authority, removed));
        Assert.Equal(process, member.Process.ProcessId);
    }

    /// <summary>As a whole, as Mill does it.</summary>
    private static async Task ReplaceAsync(string path, byte[] content)
    {
        await File.WriteAllBytesAsync(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Whether the port between members takes a certificate, over a connection of its own.</summary>
    private static async Task<bool> GetsInAsync(Uri peer, TestAuthority authority, X509Certificate2 certificate)
    {
        using var usable = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authority.Client.Authorities);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy, ClientCertificateContext = SslStreamCertificateContext.Create(usable, null, offline: true) };
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = tls }) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri(peer, "/version"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<bool> TryAsync(Task change)
    {
        try
        {
            await change;
            return true;
        }
        catch (MillException e) when (e.Error is MillError.OutcomeUnknown)
        {
            return false;
        }
    }

    private static bool IsAlive(int processId) => Directory.Exists($"/proc/{processId}");

    private EtcdProcessOptions Options(string name = "one", IReadOnlyDictionary<string, Uri>? others = null)
    {
        var ports = EtcdServer.FreePorts(2);
        var options = new EtcdProcessOptions
        {
            Name = name,
            DataDirectory = Path.Combine(_directory.FullName, name),
            LogFile = Path.Combine(_directory.FullName, $"{name}.log"),
            Address = IPAddress.Loopback,
            ClientPort = ports[0],
            PeerPort = ports[1],
            InitialCluster = new Dictionary<string, Uri>(),
        };
        return options with { InitialCluster = new Dictionary<string, Uri>(others ?? new Dictionary<string, Uri>()) { [name] = options.PeerUrl } };
    }

    /// <summary>A member that is run, and stopped with the test.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly EtcdProcessOptions _options;
        private readonly Task _running;

        private Running(EtcdProcessOptions options)
        {
            _options = options;
            Process = new(options, TimeProvider.System, NullLogger<EtcdProcess>.Instance);
            _running = Process.RunAsync(_stop.Token);
        }

        public EtcdProcess Process { get; }

        public static Running Start(EtcdProcessOptions options) => new(options);

        public EtcdStateStore OpenStore() =>
            new(new() { Endpoints = [_options.ClientUrl], Tls = _options.OurTls, GiveUpAfter = TimeSpan.FromSeconds(15) }, TimeProvider.System);

        public async Task AnswersAsync()
        {
            var answering = Process.AnswersAsync(_stop.Token);
            if (await Task.WhenAny(answering, _running).WaitAsync(Patience) == _running) await _running;
            await answering;
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _running.WaitAsync(Patience);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            _stop.Dispose();
        }
    }
}
