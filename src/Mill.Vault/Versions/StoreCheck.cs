using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;
using Mill.Vault.Members;

namespace Mill.Vault.Versions;

/// <summary>Reads the whole store anew and looks at everything: what is stored, not what is in memory.</summary>
internal sealed class StoreCheck(IStateStore store)
{
    private const int MaxProblems = 100;

    public async Task<VerifyReport> RunAsync(Unsealed unsealed, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var loader = new ClusterStateLoader();
        var revision = await store.VisitAsync(RecordKey.Root, (key, value, _) => Decode(problems, loader, key, value), cancellationToken).ConfigureAwait(false);
        var (state, faults) = loader.BuildAll(revision);
        problems.AddRange(faults);
        var (secrets, versions, opened, destroyed) = (0, 0, 0, 0);
        foreach (var (tenant, histories) in state.Tenants)
        {
            foreach (var history in histories.Histories)
            {
                cancellationToken.ThrowIfCancellationRequested();
                secrets++;
                if (HistoryCheck.FindBrokenLink(history) is { } broken) problems.Add($"secret \"{history.Name}\" in tenant \"{tenant}\": {broken}");
                foreach (var version in history.Versions)
                {
                    versions++;
                    if (version.State is VersionState.Destroyed) destroyed++;
                    else if (Attempt(problems, () => EnvelopeSealer.Open(unsealed, version).Dispose())) opened++;
                }
            }
        }
        if (state.Authority is { } authority) Attempt(problems, () => ClusterAuthority.Open(unsealed, authority).Dispose());
        return new(revision, secrets, versions, opened, destroyed, [.. problems.Take(MaxProblems)]);
    }

    private static void Decode(List<string> problems, ClusterStateLoader loader, string storeKey, ReadOnlySpan<byte> value)
    {
        try
        {
            var key = RecordKey.Parse(storeKey);
            loader.Add(key, RecordCodec.Decode(key, value));
        }
        catch (Exception e) when (e is MillException or FormatException)
        {
            problems.Add(e.Message);
        }
    }

    private static bool Attempt(List<string> problems, Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (Exception e) when (e is MillException or FormatException)
        {
            problems.Add(e.Message);
            return false;
        }
    }
}
