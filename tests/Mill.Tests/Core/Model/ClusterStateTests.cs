using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class ClusterStateTests
{
    [Fact]
    public void Applying_changes_and_loading_their_outcome_give_the_same_state()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var (state, stored) = (ClusterState.Empty, new Dictionary<RecordKey, StateRecord>());
            for (var step = 1; step <= 60; step++)
            {
                var changes = SomeChanges(random, state, new(step * 10));
                state = state.Apply(changes);
                foreach (var change in changes)
                {
                    if (change.Record is { } record) stored[change.Key] = record;
                    else stored.Remove(change.Key);
                }
            }
            var loader = new ClusterStateLoader();
            foreach (var (key, record) in stored.OrderBy(_ => random.Next())) loader.Add(key, RecordCodec.Decode(key, RecordCodec.Encode(record)));
            Assert.Equal(States.Text(state), States.Text(loader.Build(revision: 0)));
        }
    }

    [Fact]
    public void A_secret_is_found_as_it_was_last_written_and_an_older_state_still_finds_what_was_true()
    {
        const int Names = 3_000;
        var random = new Random(7);
        var expected = new Dictionary<SecretName, SecretHistory>();
        var (secrets, older) = (TenantSecrets.Empty, new List<(TenantSecrets Secrets, Dictionary<SecretName, SecretHistory> Expected)>());
        for (var step = 1; step <= 12_000; step++)
        {
            var name = SecretName.Parse($"name-{random.Next(Names)}");
            var history = new SecretHistory(name) { Versions = [Samples.Version(step, step, name: name.Value)] };
            secrets = secrets.With(history);
            expected[name] = history;
            if (step % 1_500 == 0) older.Add((secrets, new(expected)));
        }
        foreach (var (state, truth) in older)
        {
            Assert.Equal(truth.Values.OrderBy(history => history.Name), state.Histories.AsEnumerable());
            for (var number = 0; number < Names; number++)
            {
                var name = SecretName.Parse($"name-{number}");
                Assert.Same(truth.GetValueOrDefault(name), state.Find(name));
            }
        }
        Assert.Same(expected.Values.First(), TenantSecrets.Of(expected.Values).Find(expected.Values.First().Name));
    }

    [Fact]
    public void A_state_that_was_given_out_never_changes()
    {
        var state = States.With(Samples.History(3));
        var before = States.Text(state);
        state.Apply([SecretDecisions.Delete(state.Find(Samples.Id)!.Current!, new(99))]);
        Assert.Equal(before, States.Text(state));
    }

    [Fact]
    public void Records_that_do_not_fit_together_are_not_loaded()
    {
        var loader = new ClusterStateLoader();
        foreach (var version in Samples.History(3).Versions.RemoveAt(1)) loader.Add(version.Key, version);
        Assert.Equal(MillError.StorageDamaged, Assert.Throws<MillException>(() => loader.Build(1)).Error);
    }

    [Fact]
    public void Lists_start_behind_a_name_and_keep_to_their_prefix()
    {
        string[] names = ["a", "a.b", "a/b", "ab", "b", "b/1", "b/2", "c"];
        var secrets = names.Aggregate(TenantSecrets.Empty, (all, name) => all.With(new SecretHistory(SecretName.Parse(name))));
        string[] bounds = ["", "a", "a/", "a/b", "aa", "b", "b/", "b/1", "b/3", "c", "d", "A"];
        foreach (var prefix in bounds)
        {
            foreach (var after in bounds)
            {
                var expected = names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal);
                Assert.Equal(expected, secrets.StartingWith(prefix, after).Select(history => history.Name.Value));
            }
            Assert.Equal(names.Order(StringComparer.Ordinal).Where(name => string.CompareOrdinal(name, prefix) > 0), secrets.StartingWith("", after: prefix).Select(history => history.Name.Value));
        }
    }

    [Fact]
    public void What_is_removed_is_gone()
    {
        var state = ClusterState.Empty.Apply(
        [
            new(new NodeKey(Samples.NodeId(1)), Samples.Node(1)),
            new(new JoinTokenKey("j"), Samples.JoinToken("j")),
            new(new AuthorityKey(), new AuthorityRecord { Certificate = [1], SealedKey = "s", KeyId = "k", CreatedAt = new(1) }),
            new(new LeaderKey(), new LeaderRecord { NodeId = Samples.NodeId(1), Name = "n", ElectedAt = new(1) }),
        ]);
        Assert.Equal((1, 1, true, true), (state.Nodes.Count, state.JoinTokens.Count, state.Authority is not null, state.Leader is not null));
        state = state.Apply([new(new NodeKey(Samples.NodeId(1)), null), new(new JoinTokenKey("j"), null), new(new AuthorityKey(), null), new(new LeaderKey(), null)]);
        Assert.Equal(States.Text(ClusterState.Empty), States.Text(state));
    }

    private static IReadOnlyList<StateChange> SomeChanges(Random random, ClusterState state, Timestamp now)
    {
        var name = $"name/{random.Next(4)}";
        var history = state.Find(new(TenantId.Default, SecretName.Parse(name)));
        return random.Next(13) switch
        {
            0 when history?.Current is { } current => [SecretDecisions.Delete(current, now)],
            1 when history is { Versions.Count: > 0 } => SecretDecisions.Destroy(history, [history.Versions[^1].Version], now),
            2 when history is not null => RetentionRules.Prune(TenantId.Default, history, new RetentionRecord { Tenant = TenantId.Default, MaxVersions = random.Next(3) }, now),
            3 => [new(new IdempotencyKey("t", $"{random.Next(3)}"), random.Next(2) == 0 ? null : new IdempotencyRecord { Fingerprint = [1], Answer = "a", AppliedAt = now })],
            4 => [new(new RetentionKey(TenantId.Default), random.Next(2) == 0 ? null : new RetentionRecord { Tenant = TenantId.Default, MaxVersions = 2 })],
            5 => [new(new HeadKey(), new HeadRecord { Batch = "b", CommitTime = now })],
            6 => [new(new NodeKey(Samples.NodeId(random.Next(3))), null), .. SomeNodes(random, now)],
            7 => [new(new JoinTokenKey($"{random.Next(3)}"), null), .. SomeJoinTokens(random)],
            8 => [new(new AuthorityKey(), random.Next(2) == 0 ? null : new AuthorityRecord { Certificate = [1], SealedKey = "s", KeyId = "k", CreatedAt = now })],
            10 => [new(new RevocationsKey(), random.Next(2) == 0 ? null : new RevocationsRecord { Number = random.Next(9), List = [1], Certificates = [] })],
            9 => [new(new LeaderKey(), random.Next(2) == 0 ? null : new LeaderRecord { NodeId = Samples.NodeId(1), Name = "n", ElectedAt = now })],
            _ => [.. SecretDecisions.Append(history, Samples.Version((history?.LastVersion ?? 0) + 1, now.Microseconds, prev: history?.LastDigest, name: name))],
        };
    }

    private static IEnumerable<StateChange> SomeNodes(Random random, Timestamp now) =>
        Enumerable.Range(0, random.Next(3)).Select(number => new StateChange(new NodeKey(Samples.NodeId(number)), Samples.Node(number) with { JoinedAt = now }));

    private static IEnumerable<StateChange> SomeJoinTokens(Random random) =>
        Enumerable.Range(0, random.Next(3)).Select(number => new StateChange(new JoinTokenKey($"{number}"), Samples.JoinToken($"{number}")));
}
