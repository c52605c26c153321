namespace Mill.Testing.Linearizability;

/// <summary>
/// The invocations and answers of the operations that are not yet in the order, by time, as a doubly linked list: an operation is taken out and put back in constant time. At the same
/// moment invocations come first, so that operations which only touch count as overlapping.
/// </summary>
internal sealed class EventList
{
    private const int Head = 0;

    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _operation;
    private readonly bool[] _isAnswer;
    private readonly int[] _invocations;
    private readonly int[] _answers;

    public EventList(IReadOnlyList<(long Invoked, long Responded)> spans)
    {
        var events = spans.SelectMany((span, index) => new[] { (Time: span.Invoked, IsAnswer: false, Index: index), (Time: span.Responded, IsAnswer: true, Index: index) })
            .OrderBy(entry => entry.Time).ThenBy(entry => entry.IsAnswer).ThenBy(entry => entry.Index).ToList();
        var size = events.Count + 1;
        (_next, _previous, _operation, _isAnswer) = (new int[size], new int[size], new int[size], new bool[size]);
        (_invocations, _answers) = (new int[spans.Count], new int[spans.Count]);
        for (var i = 0; i < events.Count; i++)
        {
            var (_, isAnswer, index) = events[i];
            (_operation[i + 1], _isAnswer[i + 1]) = (index, isAnswer);
            (isAnswer ? _answers : _invocations)[index] = i + 1;
        }
        for (var i = 0; i < size; i++) (_next[i], _previous[i]) = ((i + 1) % size, (i + size - 1) % size);
    }

    public bool IsEmpty => _next[Head] == Head;

    /// <summary>The first event that is left: an invocation, unless the list is empty.</summary>
    public int First => _next[Head];

    public int After(int entry) => _next[entry];

    /// <summary>The event after the invocation of an operation that was just put back.</summary>
    public int AfterInvocationOf(int operation) => _next[_invocations[operation]];

    public bool IsAnswer(int entry) => _isAnswer[entry];

    public int OperationAt(int entry) => _operation[entry];

    /// <summary>The operation that was answered first. Those invoked before its answer may come next in the order, and no others.</summary>
    public int FirstAnswered()
    {
        var entry = First;
        while (!_isAnswer[entry]) entry = _next[entry];
        return _operation[entry];
    }

    public IEnumerable<int> Candidates()
    {
        for (var entry = First; !_isAnswer[entry]; entry = _next[entry]) yield return _operation[entry];
    }

    /// <summary>Those that are left, the earliest invocations first.</summary>
    public IEnumerable<int> Remaining()
    {
        for (var entry = First; entry != Head; entry = _next[entry])
        {
            if (!_isAnswer[entry]) yield return _operation[entry];
        }
    }

    public void TakeOut(int operation)
    {
        Unlink(_invocations[operation]);
        Unlink(_answers[operation]);
    }

    /// <summary>Undoes the latest <see cref="TakeOut"/> that is not undone.</summary>
    public void PutBack(int operation)
    {
        Link(_answers[operation]);
        Link(_invocations[operation]);
    }

    private void Unlink(int entry) => (_next[_previous[entry]], _previous[_next[entry]]) = (_next[entry], _previous[entry]);

    private void Link(int entry) => (_next[_previous[entry]], _previous[_next[entry]]) = (entry, entry);
}
