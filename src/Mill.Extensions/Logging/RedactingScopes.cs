using Microsoft.Extensions.Logging;

namespace Mill.Extensions.Logging;

/// <summary>Masks scopes where providers read them, wherever they come from: the tags of an activity come from no logger.</summary>
internal sealed class RedactingScopes(IExternalScopeProvider inner, LogMask mask) : IExternalScopeProvider
{
    public IDisposable Push(object? state) => inner.Push(state);

    public void ForEachScope<TState>(Action<object?, TState> callback, TState state) =>
        inner.ForEachScope(static (scope, to) => to.callback(scope is null ? null : to.mask.Scope(scope), to.state), (callback, mask, state));
}
