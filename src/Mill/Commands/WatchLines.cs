using Mill.Client.Watching;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>What a person who watches is told of the connection.</summary>
internal static class WatchLines
{
    /// <summary>For one watch, from its beginning.</summary>
    public static Action<WatchState> For(Terminal terminal)
    {
        var isFirst = true;
        return state =>
        {
            terminal.Say(state is WatchState.Lost ? Words.WatchLost : isFirst ? Words.Watching : Words.WatchAgain);
            isFirst = false;
        };
    }
}
