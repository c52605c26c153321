namespace Mill.Core.Sync;

/// <summary>A secret that has to be there.</summary>
/// <param name="Name">In upper case.</param>
/// <param name="Environment">Whose secrets count before those of the repository; null for none.</param>
/// <param name="BroughtBy">The name whose group it is in; null where it was asked for itself.</param>
/// <param name="Places">Where it is asked for, or what brought it; none where it was typed.</param>
public sealed record RequiredSecret(string Name, JobEnvironment? Environment, string? BroughtBy, IReadOnlyList<SourcePlace> Places);
