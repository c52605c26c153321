using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

/// <summary>Asks for the value at a moment. It waits in the queue with the writes, but changes nothing.</summary>
internal sealed class ReadAtOperation(int number, Caller caller, SecretName name, Timestamp moment) : Operation(number, caller)
{
    public SecretId Id => IdOf(name);

    public Timestamp Moment => moment;

    public override string ToString() => $"read {name} at {moment.Microseconds}";

    public override Operation Again(int number) => new ReadAtOperation(number, Caller, name, moment);

    /// <summary>The answer the model gives, as of a revision.</summary>
    public string AnswerIn(ModelState state) => state.FindAt(Id, moment.Microseconds) switch
    {
        null or { State: VersionState.Destroyed } => Outcome.Failure(MillError.NotFound),
        var version => $"{version.Number} {version.Value}",
    };

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken)
    {
        var reading = await vault.ReadAsync(Caller, new(name, At: moment), cancellationToken);
        using var answer = reading.Answer;
        return new($"{answer.Version.Version} {answer.Value.Reveal(bytes => System.Text.Encoding.UTF8.GetString(bytes))}", reading.Revision);
    }

    protected override Outcome Apply(ModelState state, CommitView commit) => new(state, "");
}
