using Mill.Core.Model;
using Mill.Secrets;
using Mill.Simulation.Model;
using Mill.Simulation.Operations;

namespace Mill.Simulation.Checks;

/// <summary>Every answer about a past moment that was ever given. The same question must get the same answer for ever.</summary>
internal sealed class Promises
{
    private readonly Dictionary<(SecretId Id, Timestamp Moment), int?> _given = [];
    private readonly List<(SecretId Id, Timestamp Moment)> _order = [];

    /// <summary>The latest moment that was answered for: nothing may happen at or before it any more.</summary>
    public Timestamp Latest { get; private set; }

    public int Count => _order.Count;

    public (SecretId Id, Timestamp Moment) this[int index] => _order[index];

    /// <summary>Notes an answer, and holds it against the one given before. Only destruction may come in between.</summary>
    /// <param name="allowed">The states it may have been answered from.</param>
    public void Note(ReadAtOperation read, string answer, IReadOnlyList<ModelState> allowed)
    {
        var state = allowed.FirstOrDefault(state => answer == read.AnswerIn(state)) ?? throw new Violation($"{read} answers \"{answer}\", not \"{read.AnswerIn(allowed[^1])}\"");
        var version = state.FindAt(read.Id, read.Moment.Microseconds);
        if (_given.TryGetValue((read.Id, read.Moment), out var before))
        {
            Violation.Unless(before == version?.Number, $"{read} finds version {version?.Number}, but found {before} before");
            return;
        }
        _given[(read.Id, read.Moment)] = version?.Number;
        _order.Add((read.Id, read.Moment));
        if (read.Moment > Latest) Latest = read.Moment;
    }

    /// <summary>Every promise once more, against a state that may have come since.</summary>
    public void RequireAll(ModelState state)
    {
        foreach (var (question, number) in _given)
        {
            var found = state.FindAt(question.Id, question.Moment.Microseconds)?.Number;
            Violation.Unless(found == number, $"at {question.Moment.Microseconds}, {question.Id} has version {found}; it was {number} when somebody asked");
        }
    }

    public static bool IsTooEarly(Exception? failure) => failure is MillException { Error: MillError.InvalidRequest };
}
