namespace Mill.Core.Sync;

/// <summary>Somebody needs a secret.</summary>
/// <param name="Name">In any case.</param>
/// <param name="Environment">Of the job that it is for; null where that has none.</param>
/// <param name="Place">Where it is written; null where somebody typed it.</param>
public sealed record SecretUse(string Name, JobEnvironment? Environment, SourcePlace? Place);
