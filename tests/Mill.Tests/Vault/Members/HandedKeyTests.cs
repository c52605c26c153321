using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Tests.Core;
using Mill.Tests.State;
using Mill.Vault;
using Mill.Vault.KeyRing;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>The master key on its way to a node that joins.</summary>
public sealed class HandedKeyTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string FilePath => _directory.File("master.key");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(NodeRole.Vault, true, false, true)]
    [InlineData(NodeRole.Both, true, false, true)]
    [InlineData(NodeRole.Api, true, false, false)]
    [InlineData(NodeRole.Vault, false, false, false)]
    [InlineData(NodeRole.Both, true, true, false)]
    public async Task A_node_gets_the_key_if_it_needs_it_has_none_and_its_token_allows_it(NodeRole role, bool handsOverKey, bool hasKey, bool getsKey)
    {
        await using var cluster = await TestCluster.FoundAsync();
        var token = await cluster.CreateTokenAsync(role, handsOverKey: handsOverKey);
        using var key = NodeKeyPair.Create();
        var request = new JoinRequest(token, TestCluster.Place(2, role), key.Request(), KeyId: hasKey ? cluster.First.NeededKeyId : null);
        using var first = (await cluster.Members.JoinAsync(request, default)).Answer;
        using var again = (await cluster.Members.JoinAsync(request, default)).Answer;
        foreach (var joined in new[] { first, again }) Assert.Equal(getsKey, joined.MasterKey?.Reveal(bytes => bytes.SequenceEqual(Samples.Bytes(MasterKey.Size, 1))) ?? false);
        Assert.Equal(getsKey, first.MasterKey is not null);
        using var right = Sealing.Key();
        Assert.Equal(right.Id, first.NeededKeyId);
    }

    [Fact]
    public async Task An_answer_that_is_done_with_holds_no_key_any_more()
    {
        await using var cluster = await TestCluster.FoundAsync();
        var joined = await cluster.JoinAsync(2);
        var key = joined.MasterKey!;
#pragma warning disable MILL0001 // that it does not show it
        Assert.DoesNotContain(Sealing.KeyText(), $"{joined} {key}", StringComparison.Ordinal);
#pragma warning restore MILL0001
        joined.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Reveal(bytes => bytes.Length));
    }

    [Fact]
    public async Task A_key_that_is_not_where_it_came_from_any_more_is_not_handed_over_and_nothing_changes()
    {
        WriteKey(fill: 1);
        await using var cluster = await TestCluster.FoundAsync(new(null, FilePath));
        var token = await cluster.CreateTokenAsync();
        using var key = NodeKeyPair.Create();
        var request = new JoinRequest(token, TestCluster.Place(2), key.Request());
        File.Delete(FilePath);
        await cluster.RequireRefusedAsync(MillError.VaultSealed, () => cluster.Members.JoinAsync(request, default));
        WriteKey(fill: 2);
        await cluster.RequireRefusedAsync(MillError.VaultSealed, () => cluster.Members.JoinAsync(request, default));
        using (var without = (await cluster.Members.JoinAsync(request with { KeyId = cluster.First.NeededKeyId }, default)).Answer) Assert.Null(without.MasterKey);
        WriteKey(fill: 1);
        using var joined = (await cluster.Members.JoinAsync(request, default)).Answer;
        Assert.NotNull(joined.MasterKey);
    }

    [Fact]
    public async Task A_key_that_was_handed_over_opens_the_vault_of_the_new_node()
    {
        await using var cluster = await TestCluster.FoundAsync();
        await cluster.Vault.SetAsync("a", "1");
        using (var joined = await cluster.JoinAsync(2)) HandedKey.Save(FilePath, joined.MasterKey!, joined.NeededKeyId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Equal(cluster.First.NeededKeyId, HandedKey.FindId(new(null, FilePath)));
        await using var second = await TestVault.OpenAsync(new(null, FilePath), cluster.Vault.Store, cluster.Vault.Time);
        Assert.Equal("1", await second.ReadAsync("a"));
    }

    [Fact]
    public void A_key_that_is_there_is_never_overwritten_and_a_wrong_one_never_kept()
    {
        using var right = SecretValue.FromBytes(Samples.Bytes(MasterKey.Size, 1));
        using var wrong = SecretValue.FromBytes(Samples.Bytes(MasterKey.Size, 2));
        using var none = SecretValue.FromBytes([1]);
        using var key = Sealing.Key();
        RequireInvalid(() => HandedKey.Save(FilePath, wrong, key.Id));
        RequireInvalid(() => HandedKey.Save(FilePath, none, key.Id));
        Assert.False(File.Exists(FilePath));
        Assert.Null(HandedKey.FindId(new(null, FilePath)));
        HandedKey.Save(FilePath, right, key.Id);
        HandedKey.Save(FilePath, right, key.Id);
        using var other = Sealing.Key(2);
        RequireInvalid(() => HandedKey.Save(FilePath, wrong, other.Id));
        Assert.Equal(key.Id, HandedKey.FindId(new(null, FilePath)));
        Assert.Equal(other.Id, HandedKey.FindId(new VaultOptions(Sealing.KeyText(2), FilePath)));
        RequireInvalid(() => HandedKey.Save(Path.Combine(FilePath, "below-a-file"), right, key.Id));
    }

    [Fact]
    public async Task Nodes_of_one_machine_that_are_given_the_key_at_once_share_it()
    {
        using var key = Sealing.Key();
        using var gate = new Barrier(4);
        var nodes = Enumerable.Range(0, gate.ParticipantCount).Select(_ => Task.Factory.StartNew(SaveOne, default, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(nodes);
        Assert.Equal(key.Id, HandedKey.FindId(new(null, FilePath)));
        Assert.Equal([FilePath], Directory.GetFiles(_directory.Path));

        void SaveOne()
        {
            using var given = SecretValue.FromBytes(Samples.Bytes(MasterKey.Size, 1));
            gate.SignalAndWait();
            HandedKey.Save(FilePath, given, key.Id);
        }
    }

    private static void RequireInvalid(Action action) => Assert.Equal(MillError.InvalidMasterKey, Assert.Throws<MillException>(action).Error);

    private void WriteKey(int fill)
    {
        File.WriteAllText(FilePath, Sealing.KeyText(fill));
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
