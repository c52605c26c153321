using System.Text;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Checks;

/// <summary>Reads that answer at once: each must show exactly one revision, and none older than anybody has seen.</summary>
internal sealed class ReadCheck(ModelHistory model)
{
    public async Task ReadAsync(IVault vault, Caller caller, SecretName name, int? version)
    {
        var id = new SecretId(caller.Tenant, name);
        try
        {
            var reading = await vault.ReadAsync(caller, new(name, version), CancellationToken.None);
            using var answer = reading.Answer;
            var state = Show(reading.Revision, $"reading {id}");
            var expected = version is { } number ? state.Find(id, number) : state.Current(id);
            var found = $"{answer.Version.Version} {answer.Value.Reveal(Encoding.UTF8.GetString)}";
            Violation.Unless(expected is { State: not VersionState.Destroyed } && found == $"{expected.Number} {expected.Value}", $"reading {id} {version} gives {found}, not {expected}");
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            // A refusal names no revision: it must fit one of those that may be shown.
            Violation.Unless(Allowed().Any(state => (version is { } number ? state.Find(id, number) : state.Current(id)) is null or { State: VersionState.Destroyed }),
                $"reading {id} {version} finds nothing, but {model.Latest.Current(id)} is there");
        }
    }

    public async Task ListAsync(IVault vault, Caller caller, string prefix)
    {
        var names = new List<(string, int)>();
        var page = await vault.ListAsync(caller, new(prefix, Limit: 3), CancellationToken.None);
        var state = Show(page.Revision, "listing");
        for (; ; page = await vault.ListAsync(caller, new(prefix, page.Answer.Next!, Limit: 3), CancellationToken.None))
        {
            names.AddRange(page.Answer.Secrets.Select(version => (version.Name.Value, version.Version)));
            if (page.Answer.Next is null) break;
        }
        var expected = state.Existing(caller.Tenant).Where(pair => pair.Name.StartsWith(prefix, StringComparison.Ordinal));
        Violation.Unless(expected.SequenceEqual(names), $"the list at {page.Revision} holds {string.Join(' ', names)}, not {string.Join(' ', expected)}");
    }

    public async Task HistoryAsync(IVault vault, Caller caller, SecretName name)
    {
        var id = new SecretId(caller.Tenant, name);
        try
        {
            var found = await vault.ReadHistoryAsync(caller, new(name), CancellationToken.None);
            var expected = Show(found.Revision, $"history of {id}").Versions(id).Reverse();
            Violation.Unless(expected.Count == found.Answer.Versions.Count, $"the history of {id} has {found.Answer.Versions.Count} versions, not {expected.Count}");
            foreach (var (version, record) in expected.Zip(found.Answer.Versions)) StoredVersion.RequireSame(version, record);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            Violation.Unless(Allowed().Any(state => state.Versions(id).IsEmpty), $"{id} has a history, but none is found");
        }
    }

    private ModelState Show(long revision, string what)
    {
        Violation.Unless(revision >= model.Seen, $"{what} shows revision {revision}, but {model.Seen} was seen before");
        model.See(revision);
        return model.At(revision);
    }

    private IEnumerable<ModelState> Allowed() => model.From(model.Seen);
}
