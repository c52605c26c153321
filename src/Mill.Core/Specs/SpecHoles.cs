namespace Mill.Core.Specs;

/// <summary>Finds what is null within lists and maps of a spec that was JSON: of these, the serializer does not see that nothing may be.</summary>
internal static class SpecHoles
{
    /// <returns>Where the first one is, as a path of members; null where there is none.</returns>
    public static string? Find(DeploySpec spec) =>
        In("services", spec.Services) ?? In("tasks", spec.Tasks) ?? In("registries", spec.Registries)
        ?? First(spec.Services, service => service.Name, Find) ?? First(spec.Tasks, task => task.Name, task => Find(task.Container));

    public static string? Find(ContainerSpec container) =>
        In("command", container.Command) ?? In("secret_files", container.SecretFiles) ?? In("volumes", container.Volumes) ?? In("env", container.Env) ?? In("constraints", container.Constraints)
        ?? container.Env.Where(variable => variable.Value.Source is null).Select(variable => $"env.{variable.Key}").FirstOrDefault();

    private static string? Find(ServiceSpec service) =>
        Find(service.Container) ?? In("routes", service.Routes) ?? In("health.command", service.Health?.Command) ?? In("pre_deploy.command", service.PreDeploy?.Command) ?? In("post_deploy.command", service.PostDeploy?.Command);

    private static string? First<T>(IEnumerable<T> owners, Func<T, string> name, Func<T, string?> find) =>
        owners.Select(owner => find(owner) is { } path ? $"{name(owner)}.{path}" : null).FirstOrDefault(path => path is not null);

    private static string? In<T>(string path, IReadOnlyList<T>? list)
        where T : class => list?.Any(item => item is null) is true ? path : null;

    private static string? In<T>(string path, IReadOnlyDictionary<string, T> map)
        where T : class => map.Any(item => item.Value is null) ? path : null;
}
