using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Secrets.DotEnv;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Env;

/// <summary>
/// Puts values in the place of <c>secret(NAME)</c>, all from one state: (1) every reference is looked up, (2) if all are there the values are opened, (3) the file is written, and (4) where the
/// lines around a value could make something else of it, it is read once more as its reader would.
/// </summary>
internal sealed class EnvExpander(DotEnvDocument document, ClusterState seen, Unsealed unsealed, Caller caller, ExpandEnv request) : IDisposable
{
    private const string Undone = "Nothing was expanded";
    private const string Misread = "would not be read as it is between these lines";

    private readonly HashSet<int> _changed = []; // by number of the assignment
    private readonly Dictionary<int, DotEnvPiece[]> _pieces = []; // of values that are not only text, by where the assignment begins
    private readonly Dictionary<SecretVersion, SecretValue> _values = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, SecretVersion> _versions = []; // by where the reference stands
    private readonly List<EnvReference> _references = [];
    private long _size = request.Content.Length;

    public EnvExpansion Run(CancellationToken cancellationToken)
    {
        var problems = new EnvProblems(document);
        foreach (var assignment in document.Assignments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            DotEnvPiece[] pieces = [.. DotEnvPiece.Of(document, assignment.Inner)];
            if (Array.TrueForAll(pieces, piece => piece.Kind is DotEnvPieceKind.Text)) continue;
            _pieces.Add(assignment.Start, pieces);
            foreach (var piece in pieces) Resolve(piece, problems);
        }
        problems.Demand(Undone);
        // A short file may name a long value very often.
        if (_size > ExpandEnv.MaxSize) throw TooLarge();
        foreach (var (place, version) in _versions) Open(place, version, problems);
        problems.Demand(Undone);
        var output = new PinnedWriter(Math.Max(1, request.Content.Length));
        try
        {
            if (request.Format is DotEnvFormat.Json) EnvJson.Write(document, WriteValue, output);
            else Rewrite(output, problems);
            return output.WrittenCount <= ExpandEnv.MaxSize ? new(output, _references) : throw TooLarge();
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var value in _values.Values) value.Dispose();
    }

    private void Resolve(DotEnvPiece piece, EnvProblems problems)
    {
        switch (piece.Kind)
        {
            case DotEnvPieceKind.Unclosed:
                problems.AddUnclosed(piece);
                break;
            case DotEnvPieceKind.Store:
                problems.Add(MillError.InvalidEnv, piece.Whole.Start, null, "enc(…) names a secret that is not stored yet: encrypt the file first.");
                break;
            case DotEnvPieceKind.Secret:
                ResolveSecret(piece, problems);
                break;
        }
    }

    private void ResolveSecret(DotEnvPiece piece, EnvProblems problems)
    {
        if (EnvReferenceText.TryRead(document, piece, problems) is not { } asked) return;
        if (Find(asked) is not { } version)
        {
            problems.AddUnresolved(asked);
            return;
        }
        var (line, column) = document.PlaceOf(asked.Start);
        _versions.Add(asked.Start, version);
        _size += version.Ciphertext.Length;
        _references.Add(new(asked.Name, version.Version, line, column));
    }

    private SecretVersion? Find(EnvReferenceText asked)
    {
        var history = caller.Sees(asked.Name) ? Visibility.Find(seen, caller, asked.Name) : null;
        var version = history is null ? null : Visibility.Choose(history, new(asked.Name, asked.Version, asked.Version is null ? request.At : null));
        return version is { State: not VersionState.Destroyed } ? version : null;
    }

    private void Open(int place, SecretVersion version, EnvProblems problems)
    {
        if (!_values.TryGetValue(version, out var value)) _values.Add(version, value = EnvelopeSealer.Open(unsealed, version));
        var fault = value.Reveal(static bytes => !Utf8.IsValid(bytes) ? "is not text in UTF-8" : bytes.Contains((byte)0) ? "holds a NUL byte" : null);
        if (fault is null || (request.Format is DotEnvFormat.Json && version.Kind is ValueKind.Text)) return;
        problems.Add(MillError.InvalidEnv, place, version.Name.Value, $"The value of \"{version.Name}\" {fault}: this format cannot carry it.");
    }

    private void Rewrite(PinnedWriter output, EnvProblems problems)
    {
        var rewrite = new DotEnvRewrite(document, request.Format, output);
        for (var i = 0; i < document.Assignments.Count; i++)
        {
            var assignment = document.Assignments[i];
            if (!_pieces.ContainsKey(assignment.Start)) continue;
            using var text = new PinnedWriter();
            WriteValue(assignment, text);
            if (rewrite.Set(assignment, text.WrittenSpan) is { } why) Refuse(assignment, why, problems);
            _changed.Add(i);
        }
        problems.Demand(Undone);
        if (rewrite.Finish() is { } end) Refuse(document.Assignments[_changed.Max()], end, problems);
        var readBack = new EnvReadBack(document, WriteValue);
        if (request.Format is DotEnvFormat.Dotenv && readBack.FindMisread(DotEnvDocument.Parse(output.WrittenMemory)) is { } misread) Refuse(misread, Misread, problems);
        if (request.Format is DotEnvFormat.Docker) foreach (var line in readBack.FindMisreadLines(output.WrittenSpan, _changed)) Refuse(line, Misread, problems);
        problems.Demand(Undone);
    }

    private void Refuse(DotEnvAssignment assignment, string why, EnvProblems problems)
    {
        var names = DotEnvPiece.Of(document, assignment.Inner).Where(piece => piece.Kind is DotEnvPieceKind.Secret).Select(piece => Encoding.UTF8.GetString(document[piece.Name])).Distinct().ToList();
        problems.Add(MillError.InvalidEnv, assignment.Value.Start, names is [var name] ? name : null, $"The value of {Encoding.UTF8.GetString(document[assignment.Key])} {why}: this format cannot carry it. Try another format.");
    }

    /// <summary>A value with the secrets in place, as the reader of the file would have it.</summary>
    private void WriteValue(DotEnvAssignment assignment, IBufferWriter<byte> writer)
    {
        if (!_pieces.TryGetValue(assignment.Start, out var pieces))
        {
            document.WriteText(assignment.Inner, assignment.IsEscaped, writer);
            return;
        }
        foreach (var piece in pieces)
        {
            if (piece.Kind is DotEnvPieceKind.Text) document.WriteText(piece.Whole, assignment.IsEscaped, writer);
            else if (_versions.TryGetValue(piece.Whole.Start, out var version)) _values[version].Reveal(writer, static (bytes, to) => to.Write(bytes));
        }
    }

    private static MillException TooLarge() => new(MillError.TooLarge, $"With the values in place the file has more than {ExpandEnv.MaxSize >> 20} MiB.");
}
