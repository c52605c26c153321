using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Tests.Server.Fixture;
using Mill.Vault;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>What lets nodes in, issues their certificates and opens everything: in no log, no refusal and no record in plain.</summary>
public sealed class MemberCanaryTests
{
    [Fact]
    public async Task Join_tokens_the_authoritys_key_and_the_master_key_are_nowhere_in_plain()
    {
        using var logs = new CapturedLogs();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(logs).SetMinimumLevel(LogLevel.Trace));
        await using var store = new InMemoryStateStore();
        var time = new ManualTime();
        using var stop = new CancellationTokenSource();
        var state = await LocalState.LoadAsync(store, time, loggers, default);
        var committing = state.RunAsync(stop.Token);
        var host = new VaultHost(new(Sealing.KeyText(), null), state, store, leadership: null, time, loggers);
        await host.StartAsync(makeKeyFile: false, default);

        var (tokens, said) = await LiveAsync(host.Members, time);

        var seen = await state.ReadAsync(default);
        List<byte[]> canaries = [.. tokens.Select(Encoding.ASCII.GetBytes), Samples.Bytes(MasterKey.Size, 1), .. AuthorityKeys(seen)];
        Assert.Equal(5, canaries.Count);
        var entries = (await store.ReadAsync("", default)).Entries;
        Assert.True(entries.Count > 5);
        Assert.Contains("joined as", logs.All, StringComparison.Ordinal);
        Assert.Contains("A join was refused", logs.All, StringComparison.Ordinal);
        foreach (var canary in canaries)
        {
            foreach (var form in Forms(canary))
            {
                Assert.All(entries, entry => Assert.True(entry.Value.Span.IndexOf(form) < 0, entry.Key));
                Assert.All([logs.All, said], text => Assert.True(Encoding.UTF8.GetBytes(text).AsSpan().IndexOf(form) < 0));
            }
        }
        await stop.CancelAsync();
        await committing;
    }

    /// <summary>Everything that can be done, well and badly. Gives the secret parts of the tokens, and all that was said.</summary>
    private static async Task<(IReadOnlyList<string> Tokens, string Said)> LiveAsync(IMembers members, ManualTime time)
    {
        var said = new StringBuilder();
        using var key = NodeKeyPair.Create();
        using var founded = (await members.FoundAsync(TestCluster.FirstPlace, key.Request(), default)).Answer;
        var first = (await members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r", "key"), default)).Answer;
        var second = (await members.CreateJoinTokenAsync(TestVault.Operator, new(NodeRole.Both), new("r"), default)).Answer;
        using var joined = (await members.JoinAsync(new(first.Token, TestCluster.Place(2), key.Request()), default)).Answer;
        Assert.NotNull(joined.MasterKey);
        JoinRequest[] refused =
        [
            new(second.Token, TestCluster.Place(2), key.Request()),
            new(second.Token + "x", TestCluster.Place(3), key.Request()),
            new(second.Token, TestCluster.Place(3), key.Request(), ClusterId: "other"),
            new(second.Token, TestCluster.Place(3), second.Token),
        ];
        foreach (var request in refused)
        {
            var refusal = await Assert.ThrowsAsync<MillException>(() => members.JoinAsync(request, default));
            said.AppendLine($"{request} {refusal} {refusal.Hint} {string.Join(' ', refusal.Problems)}");
        }
        time.Advance(TimeSpan.FromDays(1));
        using var renewed = (await members.RenewAsync(joined.Node.Id, key.Request(), "0.2.0", default)).Answer;
        await members.RemoveAsync(TestVault.Operator, joined.Node.Id, new("r"), default);
        said.AppendLine($"{founded} {first} {second} {joined} {renewed} {(await members.ListAsync(TestVault.Operator, default)).Answer}");
        return ([Secret(first.Token), Secret(second.Token)], said.ToString());
    }

    private static string Secret(string token) => JoinToken.TryParse(token, out var parsed) ? parsed.Secret : throw new InvalidOperationException("This is no join token.");

    /// <summary>The authority's key as it would be written: whole, and the number that makes it.</summary>
    private static IEnumerable<byte[]> AuthorityKeys(ClusterState state)
    {
        using var master = Sealing.Key();
        using var pkcs8 = TextSealer.OpenBytes(new(master, state.Cluster!.Id), state.Authority!.SealedKey, new AuthorityKey().ToString());
        using var key = ECDsa.Create();
        pkcs8.Reveal(key, static (bytes, into) => into.ImportPkcs8PrivateKey(bytes, out _));
        return [pkcs8.Reveal(bytes => bytes.ToArray()), key.ExportParameters(includePrivateParameters: true).D!];
    }

    private static IEnumerable<byte[]> Forms(byte[] canary)
    {
        string[] texts = [Convert.ToBase64String(canary).TrimEnd('='), Convert.ToHexString(canary), Convert.ToHexStringLower(canary)];
        return [canary, .. texts.Select(Encoding.ASCII.GetBytes)];
    }
}
