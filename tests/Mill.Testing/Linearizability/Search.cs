namespace Mill.Testing.Linearizability;

/// <summary>
/// Looks for an order of one part of a history in which the model gives every answer, by the algorithm of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's
/// memory of the places it has been to ("Testing for linearizability", 2017).
/// 1. The next in the order is one of the operations invoked before the first answer that is left.
/// 2. If the model gives its answer, go on from there, unless this place was seen before, or leaves an answer that can never come any more.
/// 3. If none fits, try those without an answer: they may come in anywhere after their invocation, and need not come at all. They come last, because most of them never matter.
/// 4. If none of those helps either, take back the latest choice.
/// </summary>
internal sealed class Search<TState, TInput, TOutput>
    where TState : class, IEquatable<TState>
    where TOutput : class
{
    /// <summary>How many of the operations that must still come are asked whether an unknown one would make them impossible.</summary>
    private const int LookAhead = 64;

    private readonly IModel<TState, TInput, TOutput> _model;
    private readonly Budget _budget;
    private readonly Operation<TInput, TOutput>[] _known;
    private readonly Operation<TInput, TOutput>[] _unknown;
    private readonly EventList _events;
    private readonly LinearizedSet _linearized;
    private readonly HashSet<Place<TState>> _seen = [];
    private readonly Stack<Choice> _order = [];
    private ulong[] _used; // the unknown ones in the order: never changed in place, because places keep it
    private TState _state;
    private int _length;
    private (int Length, Choice[] Order, TState State) _best;

    public Search(IModel<TState, TInput, TOutput> model, IEnumerable<Operation<TInput, TOutput>> operations, Budget budget)
    {
        var sorted = operations.OrderBy(operation => operation.Invoked).ToList();
        (_model, _budget, _state) = (model, budget, model.Initial);
        _known = [.. sorted.Where(operation => !operation.IsUnknown)];
        _unknown = [.. sorted.Where(operation => operation.IsUnknown)];
        _events = new([.. _known.Select(operation => (operation.Invoked, operation.Responded))]);
        _linearized = new(_known.Length);
        _used = new ulong[(_unknown.Length + 63) / 64];
        _best = (-1, [], _state);
    }

    public Verdict Run()
    {
        var (known, unknown) = (_events.First, 0);
        while (!_events.IsEmpty)
        {
            if (_budget.IsSpent) return Verdict.Undecided;
            if (!_events.IsAnswer(known))
            {
                var operation = _events.OperationAt(known);
                (known, unknown) = TryKnown(operation) ? (_events.First, 0) : (_events.After(known), 0);
                continue;
            }
            if (NextUnknown(unknown) is { } next)
            {
                if (TryUnknown(next)) (known, unknown) = (_events.First, 0);
                else unknown = next + 1;
                continue;
            }
            if (!TakeBack(out var choice)) return Verdict.NotLinearizable;
            (known, unknown) = choice.IsKnown ? (_events.AfterInvocationOf(choice.Index), 0) : (EntryOfFirstAnswer(), choice.Index + 1);
        }
        return Verdict.Linearizable;
    }

    /// <summary>After a failure: the longest order that was found, and what stands in the way there.</summary>
    public Misfit Explain() => MisfitText.Of(_model, _best.Order.Select(choice => choice.IsKnown ? _known[choice.Index] : _unknown[choice.Index]).ToList(), _best.Length, _known, _best.State);

    private bool TryKnown(int index)
    {
        var operation = _known[index];
        if (!_budget.Spend() || _model.Step(_state, operation.Input, operation.Output) is not { } next) return false;
        _linearized.Add(index);
        _events.TakeOut(index);
        if (Enter(new(index, IsKnown: true, _state, _used), next)) return true;
        _events.PutBack(index);
        _linearized.Remove(index);
        return false;
    }

    private bool TryUnknown(int index)
    {
        // One that changes nothing here is better kept for a place where it does.
        if (!_budget.Spend() || _model.Step(_state, _unknown[index].Input, output: null) is not { } next || ReferenceEquals(next, _state)) return false;
        var choice = new Choice(index, IsKnown: false, _state, _used);
        _used = [.. _used];
        _used[index / 64] |= 1UL << (index % 64);
        if (Enter(choice, next)) return true;
        _used = choice.Used;
        return false;
    }

    private bool Enter(Choice choice, TState next)
    {
        if (IsLost(next, choice.IsKnown) || !_seen.Add(new(_linearized, _used, next))) return false;
        _order.Push(choice);
        _state = next;
        if (choice.IsKnown) _length++;
        return true;
    }

    /// <summary>
    /// Every answer must still come, so one that cannot is the end of this way. After an unknown operation it pays to look far: nothing else says that it was the wrong one, and with
    /// many of them there are more ways to be wrong than can be tried.
    /// </summary>
    private bool IsLost(TState state, bool isKnown)
    {
        if (_events.IsEmpty) return false;
        var asked = isKnown ? _events.Candidates() : _events.Remaining().Take(LookAhead);
        return asked.Any(index => _model.IsLost(state, _known[index].Input, _known[index].Output!));
    }

    private int? NextUnknown(int from)
    {
        if (_unknown.Length == 0) return null;
        var latest = _known[_events.FirstAnswered()].Responded;
        for (var index = from; index < _unknown.Length && _unknown[index].Invoked <= latest; index++)
        {
            if ((_used[index / 64] & (1UL << (index % 64))) == 0) return index;
        }
        return null;
    }

    private bool TakeBack(out Choice choice)
    {
        if (_length > _best.Length) _best = (_length, [.. _order.Reverse()], _state);
        if (!_order.TryPop(out choice)) return false;
        (_state, _used) = (choice.Before, choice.Used);
        if (!choice.IsKnown) return true;
        _events.PutBack(choice.Index);
        _linearized.Remove(choice.Index);
        _length--;
        return true;
    }

    private int EntryOfFirstAnswer()
    {
        var entry = _events.First;
        while (!_events.IsAnswer(entry)) entry = _events.After(entry);
        return entry;
    }

    /// <summary>An operation that was put next, and what was so before.</summary>
    private readonly record struct Choice(int Index, bool IsKnown, TState Before, ulong[] Used);
}
