using System.Text;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Vault.Env;

/// <summary>Everything that is wrong with a file, found before anything is done with it.</summary>
internal sealed class EnvProblems(DotEnvDocument document)
{
    /// <summary>A longer list helps nobody, and would be larger than what an answer may be.</summary>
    private const int MostListed = 1000;

    private readonly List<MillProblem> _found = [];
    private int _count;
    private bool _areAllUnresolved = true;

    /// <summary>As many as there were by now; what is added to the one is not in the other.</summary>
    public EnvProblems Copy()
    {
        var copy = new EnvProblems(document) { _count = _count, _areAllUnresolved = _areAllUnresolved };
        copy._found.AddRange(_found);
        return copy;
    }

    /// <param name="at">Where it stands, in bytes of the file.</param>
    public void Add(MillError error, int at, string? name, string detail)
    {
        if (!IsListed(error)) return;
        var (line, column) = document.PlaceOf(at);
        _found.Add(new(error.ToCode(), detail) { Name = name, Line = line, Column = column });
    }

    /// <summary>Something that stands beside the file in the request.</summary>
    public void AddBeside(string pointer, string name, string detail)
    {
        if (IsListed(MillError.InvalidRequest)) _found.Add(new(MillError.InvalidRequest.ToCode(), detail, pointer) { Name = name });
    }

    public void AddUnresolved(EnvReferenceText asked) =>
        Add(MillError.UnresolvedReferences, asked.Start, asked.Name.Value, $"Secret \"{asked.Name}\"{(asked.Version is { } version ? $", version {version}," : "")} was not found.");

    public void AddUnclosed(DotEnvPiece piece) =>
        Add(MillError.InvalidEnv, piece.Whole.Start, null, $"{Encoding.UTF8.GetString(document[piece.Whole])} is not closed. For text that looks like a reference, write a backslash before it.");

    /// <summary>
    /// Throws <see cref="MillError.InvalidEnv"/>, or <see cref="MillError.UnresolvedReferences"/> where nothing else is wrong than that secrets are not there, with all of it by line and
    /// column.
    /// </summary>
    public void Demand(string undone)
    {
        if (_count == 0) return;
        var error = _areAllUnresolved ? MillError.UnresolvedReferences : MillError.InvalidEnv;
        var number = _count is 1 ? "there is a problem" : $"there are {_count} problems";
        throw new MillException(error, $"{undone}: {number} in the file{(_count > MostListed ? $"; the first {MostListed} are listed" : "")}.")
        {
            Problems = [.. _found.OrderBy(problem => problem.Line).ThenBy(problem => problem.Column).ThenBy(problem => problem.Pointer, StringComparer.Ordinal)],
        };
    }

    /// <summary>Counts one more. Of those that are not listed nobody looks for the place: in a file of one long line that takes its time.</summary>
    private bool IsListed(MillError error)
    {
        _areAllUnresolved &= error is MillError.UnresolvedReferences;
        return ++_count <= MostListed;
    }
}
