"""Launch templates and their versions.

A template's record holds all its versions; a version's data is exactly what
LaunchTemplateData said, after inheriting from its source version.
"""
import base64
import binascii
from typing import Any

import filters
import idempotency
import tags
from errors import Refusal
from world import World

USER_DATA_LIMIT = 16384
ARN = 'arn:aws:iam::{}:user/ec2sim'


def find(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """The template that LaunchTemplateId or LaunchTemplateName names."""
    name, ident = params.get('LaunchTemplateName'), params.get('LaunchTemplateId')
    if (name is None) == (ident is None):
        raise Refusal('InvalidParameterCombination' if name else 'MissingParameter',
                      'Exactly one of LaunchTemplateId and LaunchTemplateName is required')
    if ident is not None:
        template = world.visible('template', ident)
        if template is None:
            raise Refusal('InvalidLaunchTemplateId.NotFound', 'The specified launch template, '
                          f'with template ID {ident}, does not exist.')
        return template
    for template in world.store.all['template'].values():
        if template['name'] == name and template['visible'] <= world.now():
            return template
    raise Refusal('InvalidLaunchTemplateName.NotFoundException', 'The specified launch template, '
                  f'with template name {name}, does not exist.')


def resolve(world: World, template: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The version that a number, $Latest or $Default names."""
    versions = {n: v for n, v in template['versions'].items() if v['visible'] <= world.now()}
    if wanted == '$Default':
        wanted = str(template['default'])
    elif wanted == '$Latest':
        wanted = max(versions, key=int, default='')
    if wanted not in versions:
        raise Refusal('InvalidLaunchTemplateId.VersionNotFound', 'Could not find the specified '
                      f'version {wanted} for the launch template with ID {template["id"]}.')
    return versions[wanted]


def _check_nics(nics: list[dict[str, Any]]) -> None:
    places = set()
    for nic in nics:
        place = (nic.get('NetworkCardIndex', 0), nic.get('DeviceIndex', 0))
        if place in places:
            raise Refusal('InvalidParameterValue', 'Two network interfaces have network card '
                          f'index {place[0]} and device index {place[1]}')
        places.add(place)
        if nic.get('InterfaceType', 'interface') not in ('interface', 'efa', 'efa-only'):
            raise Refusal('InvalidParameterValue',
                          f"Invalid network interface type '{nic['InterfaceType']}'")


def check_data(data: dict[str, Any]) -> None:
    """The rules of LaunchTemplateData that the model does not know."""
    if not data:
        raise Refusal('MissingParameter', 'The request must contain the parameter '
                      'LaunchTemplateData')
    if 'UserData' in data:
        try:
            script = base64.b64decode(data['UserData'], validate=True)
        except (binascii.Error, ValueError) as e:
            raise Refusal('InvalidUserData.Malformed',
                          'Invalid BASE64 encoding of user data.') from e
        if len(script) > USER_DATA_LIMIT:
            raise Refusal('InvalidParameterValue', 'User data is limited to 16384 bytes')
    nics = data.get('NetworkInterfaces', [])
    _check_nics(nics)
    if nics and (data.get('SecurityGroupIds') or data.get('SecurityGroups')):
        raise Refusal('InvalidParameterCombination', 'Network interfaces and an instance-level '
                      'security groups may not be specified on the same request')
    if 'InstanceType' in data and 'InstanceRequirements' in data:
        raise Refusal('InvalidParameterCombination',
                      'InstanceType and InstanceRequirements exclude each other')
    if len(data.get('CapacityReservationSpecification', {})) > 1:
        raise Refusal('InvalidParameterCombination', 'CapacityReservationPreference and '
                      'CapacityReservationTarget exclude each other')
    given = tags.of_specifications(data.get('TagSpecifications'), (
        'instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu'))
    if data.get('MetadataOptions', {}).get('InstanceMetadataTags') == 'enabled':
        tags.check_imds(given.get('instance', {}))


def _new_version(world: World, data: dict[str, Any], description: str | None,
                 number: int, visible: float) -> dict[str, Any]:
    return {'number': number, 'data': data, 'description': description,
            'created': world.now(), 'visible': visible}


def _answer_template(world: World, template: dict[str, Any]) -> dict[str, Any]:
    latest = max((int(n) for n, v in template['versions'].items()
                  if v['visible'] <= world.now()), default=1)
    return {'LaunchTemplateId': template['id'], 'LaunchTemplateName': template['name'],
            'CreateTime': world.moment(template['created']),
            'CreatedBy': ARN.format(world.scenario.account),
            'DefaultVersionNumber': template['default'], 'LatestVersionNumber': latest,
            'Tags': tags.as_list(template['tags'])}


def _answer_version(world: World, template: dict[str, Any], version: dict[str, Any]
                    ) -> dict[str, Any]:
    out = {'LaunchTemplateId': template['id'], 'LaunchTemplateName': template['name'],
           'VersionNumber': version['number'], 'CreateTime': world.moment(version['created']),
           'CreatedBy': ARN.format(world.scenario.account),
           'DefaultVersion': version['number'] == template['default'],
           'LaunchTemplateData': version['data']}
    if version['description']:
        out['VersionDescription'] = version['description']
    return out


def add(world: World, name: str, data: dict[str, Any], new_tags: dict[str, str],
        description: str | None = None, ident: str | None = None,
        visible: float | None = None) -> dict[str, Any]:
    """Make a template with version 1."""
    if visible is None:
        visible = world.now() + world.scenario.seconds('template_invisible_ms')
    template = {'id': ident or world.new_id('lt'), 'name': name, 'created': world.now(),
                'visible': visible, 'default': 1, 'next': 2, 'tags': new_tags,
                'versions': {'1': _new_version(world, data, description, 1, visible)}}
    world.store.put('template', template['id'], template)
    return template


def create(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """CreateLaunchTemplate."""
    name = params['LaunchTemplateName']
    with idempotency.Once(world, 'CreateLaunchTemplate', params) as once:
        if once.answer is not None:
            return {'LaunchTemplate': _answer_template(
                world, world.store.all['template'][once.answer['id']])}
        check_data(params['LaunchTemplateData'])
        given = tags.of_specifications(params.get('TagSpecifications'), ('launch-template',))
        if any(t['name'] == name for t in world.store.all['template'].values()):
            raise Refusal('InvalidLaunchTemplateName.AlreadyExistsException',
                          'Launch template name already in use.')
        template = add(world, name, params['LaunchTemplateData'],
                       given.get('launch-template', {}), params.get('VersionDescription'))
        once.remember({'id': template['id']})
        return {'LaunchTemplate': _answer_template(world, template)}


def create_version(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """CreateLaunchTemplateVersion: members given replace the source's, whole."""
    template = find(world, params)
    with idempotency.Once(world, 'CreateLaunchTemplateVersion', params) as once:
        if once.answer is not None:
            return {'LaunchTemplateVersion': _answer_version(
                world, template, template['versions'][str(once.answer['number'])])}
        data = dict(params['LaunchTemplateData'])
        if 'SourceVersion' in params:
            data = {**resolve(world, template, params['SourceVersion'])['data'], **data}
        check_data(data)
        number = template['next']
        template['next'] += 1
        visible = world.now() + world.scenario.seconds('template_invisible_ms')
        version = _new_version(world, data, params.get('VersionDescription'), number, visible)
        template['versions'][str(number)] = version
        world.store.put('template', template['id'], template)
        once.remember({'number': number})
        return {'LaunchTemplateVersion': _answer_version(world, template, version)}


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeLaunchTemplates."""
    match = filters.compile_filters(params.get('Filters', []), {
        'launch-template-name': lambda t: [t['name']],
        'create-time': lambda t: [world.moment(t['created']).isoformat()],
    }, lambda t: t['tags'])
    wanted = [find(world, {'LaunchTemplateId': i}) for i in params.get('LaunchTemplateIds', [])]
    wanted += [find(world, {'LaunchTemplateName': n})
               for n in params.get('LaunchTemplateNames', [])]
    every = wanted or [t for t in world.store.all['template'].values()
                       if t['visible'] <= world.now()]
    found, token = filters.page([t for t in every if match(t)], params, 1, 200)
    return {'LaunchTemplates': [_answer_template(world, t) for t in found], 'NextToken': token}


def describe_versions(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeLaunchTemplateVersions."""
    wanted = params.get('Versions', [])
    if 'LaunchTemplateId' not in params and 'LaunchTemplateName' not in params:
        # Without a template only $Latest and $Default of all of them are allowed.
        if not wanted or any(v not in ('$Latest', '$Default') for v in wanted):
            raise Refusal('MissingParameter', 'LaunchTemplateId or LaunchTemplateName is required')
        pairs = [(t, resolve(world, t, v)) for t in world.store.all['template'].values()
                 if t['visible'] <= world.now() for v in wanted]
    else:
        template = find(world, params)
        if wanted:
            pairs = [(template, resolve(world, template, v)) for v in wanted]
        else:
            low, high = int(params.get('MinVersion', 1)), int(params.get('MaxVersion', 10**9))
            pairs = [(template, v) for n, v in sorted(template['versions'].items(),
                                                      key=lambda item: -int(item[0]))
                     if v['visible'] <= world.now() and low <= int(n) <= high]
    match = filters.compile_filters(params.get('Filters', []), {
        'instance-type': lambda v: [v['data'].get('InstanceType', '')],
        'image-id': lambda v: [v['data'].get('ImageId', '')],
        'is-default-version': lambda v: ['true' if any(
            v is p[1] and p[0]['default'] == v['number'] for p in pairs) else 'false'],
    }, None)
    found, token = filters.page([p for p in pairs if match(p[1])], params, 1, 200)
    return {'LaunchTemplateVersions': [_answer_version(world, t, v) for t, v in found],
            'NextToken': token}


def delete_versions(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteLaunchTemplateVersions: each version succeeds or fails by itself."""
    template = find(world, params)
    good, bad = [], []
    if len(params['Versions']) > 200:
        raise Refusal('InvalidParameterValue', 'At most 200 versions can be deleted at once')
    for wanted in params['Versions']:
        item = {'LaunchTemplateId': template['id'], 'LaunchTemplateName': template['name'],
                'VersionNumber': int(wanted) if wanted.isdigit() else 0}
        if wanted not in template['versions']:
            bad.append({**item, 'ResponseError': {
                'Code': 'launchTemplateVersionDoesNotExist',
                'Message': f'Launch template version {wanted} does not exist'}})
        elif int(wanted) == template['default']:
            bad.append({**item, 'ResponseError': {
                'Code': 'unexpectedError', 'Message': 'The default version of a launch template '
                'cannot be deleted'}})
        else:
            del template['versions'][wanted]
            good.append(item)
    world.store.put('template', template['id'], template)
    return {'SuccessfullyDeletedLaunchTemplateVersions': good,
            'UnsuccessfullyDeletedLaunchTemplateVersions': bad}


def delete(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteLaunchTemplate, with all versions."""
    template = find(world, params)
    answer = _answer_template(world, template)
    world.store.drop('template', template['id'])
    return {'LaunchTemplate': answer}
