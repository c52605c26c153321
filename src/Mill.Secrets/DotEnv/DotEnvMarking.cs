using System.Buffers;
using System.Text;

namespace Mill.Secrets.DotEnv;

/// <summary>A file in which <c>enc(NAME)</c> stands in the place of values that are to be stored, and these values by name.</summary>
public sealed class DotEnvMarking : IDisposable
{
    private readonly DotEnvDocument _document;
    private readonly Dictionary<string, SecretValue> _values = new(StringComparer.Ordinal);
    private readonly List<MillProblem> _problems = [];
    private readonly PinnedWriter _content;
    private readonly IReadOnlySet<string> _asked;
    private int _copied;

    private DotEnvMarking(DotEnvDocument document) => (_document, _content, _asked) = (document, new(Math.Max(1, document.Content.Length)), NamesAskedFor(document));

    public ReadOnlySpan<byte> Content => _content.WrittenSpan;

    public IReadOnlyDictionary<string, SecretValue> Values => _values;

    /// <summary>
    /// Marks variables that have a value of their own, without references. Throws <see cref="MillError.InvalidEnv"/> where one of them has two values, where an <c>enc(NAME)</c> of the file asks for what it
    /// would be called, and where a <c>#</c> right behind a value would leave a part of it in the file.
    /// </summary>
    /// <param name="prefix">What the name of a secret begins with, before the name of its variable.</param>
    public static DotEnvMarking Of(DotEnvDocument document, Func<DotEnvAssignment, bool> isChosen, string prefix = "")
    {
        var marking = new DotEnvMarking(document);
        try
        {
            foreach (var assignment in document.Assignments.Where(assignment => IsLiteral(document, assignment) && isChosen(assignment))) marking.Mark(assignment, prefix);
            marking._content.Write(document.Content[marking._copied..]);
            if (marking._problems.Count > 0) throw new MillException(MillError.InvalidEnv, "Nothing was stored: some of the values cannot be taken out of the file.") { Problems = marking._problems };
            return marking;
        }
        catch
        {
            marking.Dispose();
            throw;
        }
    }

    /// <summary>Whether a variable has a value of its own.</summary>
    public static bool IsLiteral(DotEnvDocument document, DotEnvAssignment assignment) =>
        assignment.Inner.Length > 0 && DotEnvPiece.Of(document, assignment.Inner).All(piece => piece.Kind is DotEnvPieceKind.Text or DotEnvPieceKind.Escape);

    public void Dispose()
    {
        foreach (var value in _values.Values) value.Dispose();
        _content.Dispose();
    }

    /// <summary>The names in every <c>enc(NAME)</c>.</summary>
    public static IReadOnlySet<string> NamesAskedFor(DotEnvDocument document) =>
        document.Assignments.SelectMany(assignment => DotEnvPiece.Of(document, assignment.Inner))
            .Where(piece => piece.Kind is DotEnvPieceKind.Store)
            .Select(piece => Encoding.UTF8.GetString(document[piece.Name]))
            .ToHashSet(StringComparer.Ordinal);

    private void Mark(DotEnvAssignment assignment, string prefix)
    {
        var key = Encoding.UTF8.GetString(_document[assignment.Key]);
        if (_document.IsCutOff(assignment)) Refuse(assignment, key, DotEnvDocument.CutOff);
        // The other may have a value of its own, and of two values one would be lost.
        if (_asked.Contains(prefix + key)) Refuse(assignment, key, $"The file asks for {prefix}{key} in an enc({prefix}{key}) already: encrypt that first, or take another prefix.");
        var value = _document.ReadLiteral(assignment);
        if (!_values.TryAdd(prefix + key, value))
        {
            // Of several with one name readers take the last: which one was meant is not ours to say.
            if (!value.Equals(_values[prefix + key])) Refuse(assignment, key, $"{key} has another value above: leave one of the two.");
            value.Dispose();
        }
        var start = _document.PlaceForValue(assignment);
        _content.Write(_document.Content[_copied..start]);
        _content.Write(Encoding.UTF8.GetBytes($"enc({prefix}{key})"));
        _copied = assignment.Value.End;
    }

    private void Refuse(DotEnvAssignment assignment, string key, string detail)
    {
        var (line, column) = _document.PlaceOf(assignment.Value.Start);
        _problems.Add(new(MillError.InvalidEnv.ToCode(), detail) { Name = key, Line = line, Column = column });
    }
}
