using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>A change never went out: what had to be known for it could not be found out.</summary>
internal sealed class NotSentException : MillException
{
    public NotSentException(MillException said)
        : base(said.Error, said.Message, said)
    {
        Hint = said.Hint;
        RetryAfter = said.RetryAfter;
    }
}
