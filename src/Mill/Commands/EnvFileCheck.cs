using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Secrets.DotEnv;

namespace Mill.Commands;

/// <summary>One file of <c>mill env check</c>, and what was found in it by now.</summary>
internal sealed class EnvFileCheck : IDisposable
{
    private const string UnreadableCode = "unreadable";

    private readonly string _name;
    private readonly SecretValue? _content;
    private readonly IReadOnlyList<MillProblem> _seen;
    private IReadOnlyList<MillProblem> _answered = [];

    private EnvFileCheck(string name, SecretValue? content, IReadOnlyList<MillProblem> seen) => (_name, _content, _seen) = (name, content, seen);

    public bool HasReferences { get; private init; }

    /// <summary>By their places. Where the server names a broken reference, it knows more of it.</summary>
    public IEnumerable<EnvFinding> Findings =>
        _seen.Where(problem => problem.Code is EnvInspection.PlaintextCode || !_answered.Any(other => (other.Line, other.Column) == (problem.Line, problem.Column)))
            .Concat(_answered).OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)
            .Select(problem => new EnvFinding(_name, problem.Line, problem.Column, problem.Code, problem.Name, problem.Detail));

    /// <summary>A file that cannot be read is a finding, too: the others are looked at all the same.</summary>
    public static async Task<EnvFileCheck> ReadAsync(EnvFile file, string[] allow, Terminal terminal, CancellationToken cancellationToken)
    {
        try
        {
            var content = await file.ReadAsync(terminal, cancellationToken).ConfigureAwait(false);
            using var bytes = content.ToPinned();
            var document = DotEnvDocument.Parse(bytes.WrittenMemory);
            return new(file.Name, content, EnvInspection.Of(document, allow)) { HasReferences = EnvInspection.HasReferences(document) };
        }
        catch (MillException e)
        {
            return new(file.Name, null, [new(UnreadableCode, e.Message)]);
        }
    }

    /// <summary>Throws where the server cannot say whether the references resolve.</summary>
    public async Task AskAsync(MillClient client, CancellationToken cancellationToken)
    {
        try
        {
            // Says whether everything is there, and sends no value this way.
            using var answer = await client.EncryptEnvAsync(new EncryptEnvRequest { Content = _content!, DryRun = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.InvalidEnv or MillError.UnresolvedReferences && e.Problems.Count > 0)
        {
            _answered = e.Problems;
        }
    }

    public void Dispose() => _content?.Dispose();
}
