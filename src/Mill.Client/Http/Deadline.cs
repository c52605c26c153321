namespace Mill.Client.Http;

/// <summary>Ends with the caller, or when the time is up.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _time;
    private readonly CancellationTokenSource _both;

    public Deadline(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        _time = new(patience, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(_time.Token, cancellationToken);
    }

    public CancellationToken Token => _both.Token;

    public void Dispose()
    {
        _both.Dispose();
        _time.Dispose();
    }
}
