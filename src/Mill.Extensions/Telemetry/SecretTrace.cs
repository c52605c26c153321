using System.Diagnostics;
using Mill.Secrets;

namespace Mill.Extensions.Telemetry;

/// <summary>One thing that is traced; nothing where nobody listens. Never throws, whoever listens.</summary>
internal readonly struct SecretTrace(Activity? activity) : IDisposable
{
    /// <summary>How it ended, where all went well.</summary>
    public void End(string outcome) => activity?.SetTag(SecretMeters.OutcomeTag, outcome);

    /// <param name="error">Why it is not all that was asked for; null where it is.</param>
    public void End(string outcome, MillException? error)
    {
        if (error is not null) Fail(error);
        End(outcome);
    }

    /// <summary>It failed: with the code of what this library knows, and the type of anything else. Messages may hold names, and stay out.</summary>
    public void Fail(Exception e) =>
        activity?.SetTag(SecretMeters.OutcomeTag, "failed").SetTag(SecretMeters.ErrorTag, e is MillException known ? known.Error.ToCode() : e.GetType().FullName).SetStatus(ActivityStatusCode.Error);

    public void Dispose()
    {
        try
        {
            activity?.Dispose();
        }
        catch (Exception)
        {
            Activity.Current = activity!.Parent; // it did not come to that
        }
    }
}
