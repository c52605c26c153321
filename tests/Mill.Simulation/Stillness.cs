namespace Mill.Simulation;

/// <summary>
/// Lets the one thread that schedules everything wait until the code under test has come to rest. What happens next then never depends on which
/// thread was faster, so that a seed always gives the same run.
/// </summary>
internal sealed class Stillness : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _changed = new(0);

    /// <summary>Something happened that a condition may have waited for.</summary>
    public void Stir() => _changed.Release();

    public async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        while (!condition())
        {
            if (!await _changed.WaitAsync(Patience)) throw new Violation($"nothing moves any more, but this is still missing: {what()}");
        }
    }

    public void Dispose() => _changed.Dispose();
}
