namespace Mill.Secrets.Providers;

/// <summary>What a chain does when a link cannot be asked.</summary>
public enum OnLinkError
{
    /// <summary>Answers the error: a secret is never taken from further down because the place it belongs to is out of order.</summary>
    FailFast,

    /// <summary>Asks the links below. Where none of them has the secret, answers the error: nobody knows that it does not exist.</summary>
    Continue,

    /// <summary>Answers the value this link gave last, with the error beside it; fails where it gave none yet.</summary>
    LastGood,
}

/// <summary>A provider in a chain.</summary>
public sealed record ChainLink(ISecretProvider Provider, OnLinkError OnError = OnLinkError.FailFast);
