using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What goes wrong, and what it leaves alone.</summary>
public sealed class PushFailureTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");

    private PushRig _rig = null!;

    public async Task InitializeAsync() => _rig = await PushRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task One_secret_or_target_that_fails_does_not_keep_the_others()
    {
        foreach (var name in (string[])["a", "b", "c"]) _rig.Vault.Set(name, "1");
        _rig.GitHub.Refuses = request => request.Path.Value switch
        {
            { } path when request.Method is "PUT" && path.EndsWith("/B", StringComparison.Ordinal) => 422,
            "/repos/acme/gone/actions/secrets" => 404,
            _ => null,
        };
        var report = await _rig.PushAsync(PushRig.Target("acme/gone", ("A", "a")), PushRig.Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")));
        Assert.Equal(MillError.NotFound, report.Targets[0].Failure?.Error);
        Assert.Equal([PushOutcome.Done, PushOutcome.Failed, PushOutcome.Done], report.Targets[1].Secrets.Select(secret => secret.Outcome));
        Assert.Null(report.Stopped);
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
        _rig.GitHub.Refuses = _ => null;
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")));
        Assert.Equal(["PUT A 1", "PUT C 1", "PUT B 1"], _rig.Changes());
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_change_of_which_nobody_knows_has_a_hint_that_is_about_it(string method)
    {
        _rig.Vault.Set("a", "1");
        if (method is "DELETE") await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        _rig.GitHub.Passes = (request, _) => request.Method != method;
        var target = method is "DELETE" ? PushRig.Target("acme/web") : PushRig.Target("acme/web", ("A", "a"));
        var failed = (await _rig.PushAsync(PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true }), target)).Targets[0].Secrets[0];
        Assert.Equal((PushOutcome.Failed, MillError.OutcomeUnknown), (failed.Outcome, failed.Failure?.Error));
        Assert.Equal("Run it again: it looks at what is there first.", failed.Failure!.Hint);
    }

    [Fact]
    public async Task A_token_that_is_refused_ends_it_and_says_what_is_left()
    {
        foreach (var name in (string[])["a", "b", "c"]) _rig.Vault.Set(name, "1");
        _rig.GitHub.Refuses = request => request.Method is "PUT" && request.Path.Value!.EndsWith("/B", StringComparison.Ordinal) ? 401 : null;
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")), PushRig.Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.Unauthenticated, report.Stopped?.Error);
        Assert.Equal([PushOutcome.Done, PushOutcome.Failed, PushOutcome.NotReached], report.Targets[0].Secrets.Select(secret => secret.Outcome));
        Assert.False(report.Targets[1].IsReached);
        Assert.DoesNotContain(_rig.GitHub.Seen, request => request.Contains("acme/api", StringComparison.Ordinal));
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task Limits_that_last_too_long_end_it()
    {
        _rig.Vault.Set("a", "1");
        _rig.GitHub.Refuses = request => request.Method is "PUT" ? 429 : null;
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")), PushRig.Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.RateLimited, report.Stopped?.Error);
        Assert.False(report.Targets[1].IsReached);
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task That_the_vault_refuses_us_does_not_end_what_can_go_on()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.LedgerReads = target =>
        {
            if (target == Web) throw new MillException(MillError.Unauthenticated, "no");
        };
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")), PushRig.Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.Unauthenticated, report.Targets[0].Failure?.Error);
        Assert.Null(report.Stopped);
        Assert.Equal(1, report.Count(PushOutcome.Done));
    }

    [Fact]
    public async Task A_value_that_the_vault_does_not_give_is_a_matter_of_that_one()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("b", "1");
        _rig.Vault.Reads = name =>
        {
            if (name is "a") throw new MillException(MillError.Forbidden, "You may not.");
        };
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b")));
        Assert.Equal([MillError.Forbidden, null], report.Targets[0].Secrets.Select(secret => secret.Failure?.Error));
        Assert.Equal(["B"], _rig.GitHub.Values().Keys);
    }

    [Fact]
    public async Task What_GitHub_took_and_does_not_show_is_an_error_and_is_written_again_later()
    {
        _rig.Vault.Set("a", "1");
        _rig.GitHub.Refuses = request => request.Method is "PUT" ? 204 : null;
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal((PushOutcome.Failed, MillError.OutcomeUnknown), (report.Targets[0].Secrets[0].Outcome, report.Targets[0].Secrets[0].Failure?.Error));
        Assert.Single(_rig.Vault.LedgerOf(Web)!.Intents);
        _rig.GitHub.Refuses = _ => null;
        Assert.Equal(1, (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Count(PushOutcome.Done));
        Assert.Equal(["PUT A 1"], _rig.Changes());
    }
}
