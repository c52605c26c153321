using System.Buffers;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Vault.Env;

/// <summary>
/// What a file asks to be stored, what it refers to, and what it becomes. Read once: nothing of it depends on what the vault holds. The value of <c>enc(NAME)</c> is, in this order, the one given
/// with the file, the one that the file assigns to the variable of that name, and the one that stands in the parentheses.
/// </summary>
internal sealed class EnvPlan : IDisposable
{
    private readonly DotEnvDocument _document;
    private readonly IReadOnlyDictionary<string, SecretValue> _given;
    private readonly Dictionary<string, List<int>> _literals = new(StringComparer.Ordinal); // variables without references, by name
    private readonly OrderedDictionary<SecretName, List<Asked>> _asked = [];
    private readonly SortedDictionary<int, Edit> _edits = []; // by where they begin
    private readonly EnvProblems _problems;
    private readonly List<EnvStore> _stores = [];
    private readonly List<EnvReferenceText> _references = [];

    private EnvPlan(DotEnvDocument document, IReadOnlyDictionary<string, SecretValue> given) => (_document, _given, _problems) = (document, given, new(document));

    /// <summary>In the order of the file, each name once.</summary>
    public IReadOnlyList<EnvStore> Stores => _stores;

    public IReadOnlyList<EnvReferenceText> References => _references;

    /// <summary>Those that the file itself has, to go on with.</summary>
    public EnvProblems Problems => _problems.Copy();

    public static EnvPlan Read(DotEnvDocument document, IReadOnlyDictionary<string, SecretValue> given, CancellationToken cancellationToken)
    {
        var plan = new EnvPlan(document, given);
        try
        {
            plan.Read(cancellationToken);
            return plan;
        }
        catch
        {
            plan.Dispose();
            throw;
        }
    }

    /// <summary>The file with <c>secret(NAME)</c> in place. The caller disposes it.</summary>
    public PinnedWriter Write()
    {
        var output = new PinnedWriter(Math.Max(1, _document.Content.Length));
        var copied = 0;
        foreach (var (start, edit) in _edits)
        {
            output.Write(_document.Content[copied..start]);
            WriteReference(edit.Name, output);
            copied = edit.End;
        }
        output.Write(_document.Content[copied..]);
        return output;
    }

    public void Dispose()
    {
        foreach (var store in _stores.Where(store => store.IsOwned)) store.Value.Dispose();
    }

    private void Read(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _document.Assignments.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(i, _document.Assignments[i]);
        }
        foreach (var name in _given.Keys.Where(name => !SecretName.TryParse(name, out var asked) || !_asked.ContainsKey(asked)))
        {
            _problems.AddBeside($"/values/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", name, $"A value is given for \"{name}\", but the file has no enc({name}).");
        }
        foreach (var (name, asked) in _asked)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Settle(name, asked);
        }
        using var written = Write();
        if (new EnvReadBack(_document, WriteValue).FindMisread(DotEnvDocument.Parse(written.WrittenMemory)) is not { } misread) return;
        _problems.Add(MillError.InvalidEnv, misread.Start, null, $"{Key(misread)} would be read otherwise with references in place: a quote is open somewhere before it.");
    }

    private void Read(int index, DotEnvAssignment assignment)
    {
        var isLiteral = true;
        foreach (var piece in DotEnvPiece.Of(_document, assignment.Inner))
        {
            isLiteral &= piece.Kind is DotEnvPieceKind.Text or DotEnvPieceKind.Escape;
            if (piece.Kind is DotEnvPieceKind.Unclosed) _problems.AddUnclosed(piece);
            if (piece.Kind is not (DotEnvPieceKind.Secret or DotEnvPieceKind.Store) || EnvReferenceText.TryRead(_document, piece, _problems) is not { } reference) continue;
            if (piece.Kind is DotEnvPieceKind.Secret) _references.Add(reference);
            else Ask(new(reference, piece.Argument, assignment.IsEscaped), piece.Whole);
        }
        if (!isLiteral) return;
        if (!_literals.TryGetValue(Key(assignment), out var same)) _literals.Add(Key(assignment), same = []);
        same.Add(index);
    }

    private void Ask(Asked asked, DotEnvPart whole)
    {
        if (!_asked.TryGetValue(asked.Reference.Name, out var same)) _asked.Add(asked.Reference.Name, same = []);
        same.Add(asked);
        _edits[whole.Start] = new(whole.End, asked.Reference.Name);
    }

    private void Settle(SecretName name, List<Asked> asked)
    {
        var start = asked[0].Reference.Start;
        var literals = _literals.GetValueOrDefault(name.Value, []).ConvertAll(index => _document.Assignments[index]);
        // Whichever value it gets, the variable of its name is this secret: no other value stays behind in the file.
        foreach (var literal in literals) _edits[_document.PlaceForValue(literal)] = new(literal.Value.End, name);
        if (_given.TryGetValue(name.Value, out var value)) Store(new(name, start, value, IsOwned: false));
        else if (literals.Count > 0) Store(name, start, literals.ConvertAll(literal => (literal.Value.Start, _document.ReadLiteral(literal))));
        else Store(name, start, asked.FindAll(one => one.Literal is not null).ConvertAll(one => (one.Reference.Start, Text(one.Literal!.Value, one.IsEscaped))));
        foreach (var literal in literals.FindAll(_document.IsCutOff)) _problems.Add(MillError.InvalidEnv, literal.Value.Start, name.Value, DotEnvDocument.CutOff);
    }

    private void Store(SecretName name, int start, List<(int Start, SecretValue Value)> values)
    {
        if (values.Count == 0)
        {
            _problems.Add(MillError.UnresolvedReferences, start, name.Value, $"There is no value for enc({name}): assign it to the variable {name} in this file, or write enc({name}, VALUE).");
            return;
        }
        foreach (var (place, other) in values[1..])
        {
            if (!other.Equals(values[0].Value)) _problems.Add(MillError.InvalidEnv, place, name.Value, $"{name} has another value here than before.");
            other.Dispose();
        }
        Store(new(name, start, values[0].Value, IsOwned: true));
    }

    private void Store(EnvStore store)
    {
        _stores.Add(store);
        if (_stores.Count > EncryptEnv.MaxSecrets) throw new MillException(MillError.TooLarge, $"A file can store at most {EncryptEnv.MaxSecrets} secrets at once.");
        if (store.Value.Length > SetSecret.MaxSize) _problems.Add(MillError.TooLarge, store.Start, store.Name.Value, $"The value of {store.Name} has more than {SetSecret.MaxSize >> 10} KiB.");
    }

    private SecretValue Text(DotEnvPart part, bool isEscaped)
    {
        using var text = new PinnedWriter();
        _document.WriteText(part, isEscaped, text);
        return SecretValue.FromBytes(text.WrittenSpan);
    }

    /// <summary>A value with the references in place, as the reader of the file would have it.</summary>
    private void WriteValue(DotEnvAssignment assignment, IBufferWriter<byte> writer)
    {
        if (_edits.TryGetValue(_document.PlaceForValue(assignment), out var whole) && whole.End == assignment.Value.End && IsLiteralOf(whole.Name, assignment))
        {
            WriteReference(whole.Name, writer);
            return;
        }
        foreach (var piece in DotEnvPiece.Of(_document, assignment.Inner))
        {
            if (_edits.TryGetValue(piece.Whole.Start, out var edit)) WriteReference(edit.Name, writer);
            else _document.WriteText(piece.Whole, assignment.IsEscaped, writer);
        }
    }

    private bool IsLiteralOf(SecretName name, DotEnvAssignment assignment) => Key(assignment) == name.Value;

    private string Key(DotEnvAssignment assignment) => Encoding.UTF8.GetString(_document[assignment.Key]);

    private static void WriteReference(SecretName name, IBufferWriter<byte> writer)
    {
        writer.Write("secret("u8);
        writer.Write(Encoding.UTF8.GetBytes(name.Value));
        writer.Write(")"u8);
    }

    /// <summary>One <c>enc(NAME)</c>, and the literal in its parentheses if there is one.</summary>
    private readonly record struct Asked(EnvReferenceText Reference, DotEnvPart? Literal, bool IsEscaped);

    /// <summary>What becomes a reference.</summary>
    private readonly record struct Edit(int End, SecretName Name);
}

/// <summary>One secret that a file stores.</summary>
/// <param name="Start">Where it is first asked for, in bytes of the file.</param>
/// <param name="IsOwned">Whether the value goes with the plan.</param>
internal sealed record EnvStore(SecretName Name, int Start, SecretValue Value, bool IsOwned);
