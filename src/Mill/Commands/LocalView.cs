using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Where no majority answers, what one node knows is what its operator needs, as long as it is said to be only that.</summary>
internal static class LocalView
{
    /// <param name="ask">Told whether to ask for what the node itself knows.</param>
    public static async Task<T> AskAsync<T>(Terminal terminal, Func<bool, Task<T>> ask)
    {
        try
        {
            return await ask(false).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NoQuorum or MillError.NoLeader)
        {
            var answer = await ask(true).ConfigureAwait(false);
            terminal.Say(Words.OnlyLocal);
            return answer;
        }
    }
}
