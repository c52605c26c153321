using System.Text;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Commands;

/// <summary>What is wrong with a <c>.env</c> file that can be told from the file alone. No value is repeated in it.</summary>
internal sealed class EnvInspection
{
    public const string PlaintextCode = "plaintext";
    private const string NotStoredCode = "not_stored";

    private readonly DotEnvDocument _document;
    private readonly string[] _allow;
    private readonly IReadOnlySet<string> _asked;
    private readonly HashSet<string> _literals;
    private readonly List<MillProblem> _problems = [];

    private EnvInspection(DotEnvDocument document, string[] allow)
    {
        (_document, _allow, _asked) = (document, allow, DotEnvMarking.NamesAskedFor(document));
        _literals = [.. document.Assignments.Where(assignment => DotEnvMarking.IsLiteral(document, assignment)).Select(Key)];
    }

    /// <param name="allow">The variables that are no secrets, whatever they look like. What somebody marked with <c>enc(NAME)</c> is one.</param>
    public static IReadOnlyList<MillProblem> Of(DotEnvDocument document, string[] allow)
    {
        var inspection = new EnvInspection(document, allow);
        foreach (var assignment in document.Assignments) inspection.Inspect(assignment);
        return inspection._problems;
    }

    /// <summary>Whether <c>mill env encrypt</c> mends it.</summary>
    public static bool IsPlaintext(string code) => code is PlaintextCode or NotStoredCode;

    /// <summary>Whether a server can say more about a file.</summary>
    public static bool HasReferences(DotEnvDocument document) =>
        document.Assignments.Any(assignment => DotEnvPiece.Of(document, assignment.Inner).Any(piece => piece.Kind is not (DotEnvPieceKind.Text or DotEnvPieceKind.Escape)));

    /// <summary>Whether all that a file refers to is stored, and it refers to something.</summary>
    public static bool IsDone(DotEnvDocument document)
    {
        var kinds = document.Assignments.SelectMany(assignment => DotEnvPiece.Of(document, assignment.Inner)).Select(piece => piece.Kind).ToHashSet();
        return kinds.Contains(DotEnvPieceKind.Secret) && !kinds.Contains(DotEnvPieceKind.Store) && !kinds.Contains(DotEnvPieceKind.Unclosed);
    }

    private string Key(DotEnvAssignment assignment) => Encoding.UTF8.GetString(_document[assignment.Key]);

    private void Inspect(DotEnvAssignment assignment)
    {
        var key = Key(assignment);
        if (WhyPlaintext(assignment, key) is { } why) Add(PlaintextCode, assignment.Value.Start, key, Words.EnvPlaintext(key, why));
        foreach (var piece in DotEnvPiece.Of(_document, assignment.Inner)) Inspect(piece, key);
    }

    private string? WhyPlaintext(DotEnvAssignment assignment, string key)
    {
        if (_asked.Contains(key) && DotEnvMarking.IsLiteral(_document, assignment)) return Words.EnvAskedFor;
        return _allow.Contains(key) ? null : SecretLook.Find(_document, assignment);
    }

    private void Inspect(DotEnvPiece piece, string key)
    {
        var place = piece.Whole.Start;
        if (piece.Kind is DotEnvPieceKind.Unclosed) AddSyntax(place, Words.EnvUnclosed);
        if (piece.Kind is not (DotEnvPieceKind.Secret or DotEnvPieceKind.Store)) return;
        var name = Encoding.UTF8.GetString(_document[piece.Name]);
        if (!SecretName.TryParse(name, out _)) AddSyntax(place, Words.EnvNotAName(SecretName.Rule));
        else if (piece is { Kind: DotEnvPieceKind.Secret, Argument: { } version } && DotEnvPiece.ReadVersion(_document[version]) is null) AddSyntax(place, Words.EnvNotAVersion);
        if (piece.Kind is not DotEnvPieceKind.Store) return;
        if (piece.Argument is { Length: > 0 }) Add(PlaintextCode, place, key, Words.EnvPlaintext(key, Words.EnvInParentheses));
        else if (!_literals.Contains(name)) Add(NotStoredCode, place, key, Words.EnvNotStored(key));
    }

    private void AddSyntax(int place, string detail) => Add(MillError.InvalidEnv.ToCode(), place, null, detail);

    private void Add(string code, int place, string? name, string detail)
    {
        var (line, column) = _document.PlaceOf(place);
        _problems.Add(new(code, detail) { Name = name, Line = line, Column = column });
    }
}
