namespace Mill.Extensions;

/// <summary>How a secret stands in a request.</summary>
public sealed class MillTokenOptions
{
    /// <summary>The header. Redirects to other hosts lose <c>Authorization</c>, and keep every other one: forbid them where you set another.</summary>
    public string Header { get; set; } = "Authorization";

    /// <summary>What stands before the secret; empty for nothing.</summary>
    public string Scheme { get; set; } = "Bearer";

    /// <summary>Of the provider, where it has a key.</summary>
    public object? ServiceKey { get; set; }

    /// <summary>How often at most the place that the secret comes from is asked because of refusals: a server that always refuses must not have it asked at every request.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(5);
}
