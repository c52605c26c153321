using System.Text.Json;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Commands;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>What a program is to be given, and where it comes from: everything is fetched, or nothing. The files were read once: a change in the vault is fetched anew, with the same files.</summary>
internal sealed class ProgramSecrets : IDisposable
{
    private readonly MillClient _client;
    private readonly IReadOnlyList<NamedSecret> _secrets;
    private readonly List<(string Path, SecretValue Content)> _files = [];

    private ProgramSecrets(MillClient client, IReadOnlyList<NamedSecret> secrets) => (_client, _secrets) = (client, secrets);

    /// <summary>Throws what <see cref="EnvFile"/> throws.</summary>
    public static async Task<ProgramSecrets> OpenAsync(MillClient client, Terminal terminal, IReadOnlyList<string> files, IReadOnlyList<NamedSecret> secrets, CancellationToken cancellationToken)
    {
        var opened = new ProgramSecrets(client, secrets);
        try
        {
            foreach (var path in files) opened._files.Add((path, await new EnvFile(path).ReadAsync(terminal, cancellationToken).ConfigureAwait(false)));
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The caller disposes it. Throws everything that is wrong at once, with the files named, and what the server says otherwise.</summary>
    public async Task<FetchedSecrets> FetchAsync(CancellationToken cancellationToken)
    {
        var (fetched, wrong) = (new FetchedSecrets(), new List<(MillError Error, MillProblem Problem)>());
        try
        {
            foreach (var (path, content) in _files) await AddFileAsync(path, content, fetched, wrong, cancellationToken).ConfigureAwait(false);
            foreach (var secret in _secrets) await AddAsync(secret, fetched, wrong, cancellationToken).ConfigureAwait(false);
            if (wrong.Count == 0) return fetched;
            // Whoever has to mend a file learns that first; what is only missing may come.
            var error = wrong.Exists(one => one.Error is MillError.InvalidEnv) ? MillError.InvalidEnv : wrong[0].Error;
            throw new MillException(error, Words.NothingStarted(wrong.Count)) { Problems = wrong.ConvertAll(one => one.Problem) };
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }

    /// <summary>The values alone that stand in a fetched file's variables, for whoever masks them. Disposed with what was fetched.</summary>
    public async Task FetchPartsAsync(FetchedSecrets fetched, CancellationToken cancellationToken)
    {
        var parts = fetched.References.Distinct().ToList();
        if (parts.Count == 0) return;
        using var content = SecretValue.FromText(string.Concat(parts.Select((part, i) => $"V{i}=secret({part.Name}@{part.Version})\n")));
        using var expanded = await _client.ExpandEnvAsync(new ExpandEnvRequest { Content = content, Format = "json" }, cancellationToken).ConfigureAwait(false);
        foreach (var (variable, value) in Read(expanded.Content))
        {
            var (name, version) = parts[int.Parse(variable[1..], System.Globalization.CultureInfo.InvariantCulture)];
            fetched.Mask(name, version, value);
        }
    }

    public void Dispose()
    {
        foreach (var (_, content) in _files) content.Dispose();
    }

    private async Task AddFileAsync(string path, SecretValue content, FetchedSecrets fetched, List<(MillError, MillProblem)> wrong, CancellationToken cancellationToken)
    {
        try
        {
            using var expanded = await _client.ExpandEnvAsync(new ExpandEnvRequest { Content = content, Format = "json" }, cancellationToken).ConfigureAwait(false);
            foreach (var (name, value) in Read(expanded.Content)) fetched.Variables.Set(name, value);
            fetched.References.AddRange(expanded.References.Select(reference => (reference.Name, reference.Version)));
        }
        catch (MillException e) when (e.Problems.Count > 0)
        {
            wrong.AddRange(e.Problems.Select(problem => (e.Error, problem with { File = path })));
        }
    }

    private async Task AddAsync(NamedSecret secret, FetchedSecrets fetched, List<(MillError, MillProblem)> wrong, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetAsync(secret.Name, secret.Version, cancellationToken: cancellationToken).ConfigureAwait(false);
            var value = answer.Value ?? answer.ValueBase64!;
            fetched.Variables.Set(secret.Variable, value.Reveal(SecretValue.FromBytes));
            fetched.Mask(secret.Name, answer.Version, value.Reveal(SecretValue.FromBytes));
            fetched.Follows.Add(secret.Name);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            wrong.Add((e.Error, new(e.Error.ToCode(), e.Message) { Name = secret.Name }));
        }
    }

    private static IReadOnlyDictionary<string, SecretValue> Read(SecretValue json)
    {
        using var text = json.ToPinned();
        var reader = new Utf8JsonReader(text.WrittenSpan);
        reader.Read();
        return new SecretTextsConverter().Read(ref reader, typeof(IReadOnlyDictionary<string, SecretValue>), ApiJson.Lenient);
    }
}

/// <summary>What was fetched for a program, at one time.</summary>
internal sealed class FetchedSecrets : IDisposable
{
    private readonly List<(string Name, SecretValue Value)> _masked = [];

    /// <summary>Of several with one name the last counts.</summary>
    public ProgramVariables Variables { get; } = new();

    /// <summary>Which versions stand in the variables of files.</summary>
    public List<(string Name, int Version)> References { get; } = [];

    /// <summary>Secrets that were named one by one.</summary>
    public HashSet<string> Follows { get; } = new(StringComparer.Ordinal);

    /// <summary>Values that no output may show, each under a name of its own: of one name only the last few are kept.</summary>
    public IReadOnlyList<(string Name, SecretValue Value)> Masked => _masked;

    public bool Uses(string name) => Follows.Contains(name) || References.Exists(reference => reference.Name == name);

    /// <summary>The value goes with this.</summary>
    public void Mask(string name, int version, SecretValue value) => _masked.Add((string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}@{version}"), value));

    public void Dispose()
    {
        Variables.Dispose();
        foreach (var (_, value) in _masked) value.Dispose();
    }

    // Its members are secrets.
    public override string ToString() => nameof(FetchedSecrets);
}
