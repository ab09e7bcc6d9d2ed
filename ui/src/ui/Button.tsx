import type { ButtonHTMLAttributes, MouseEvent } from 'react';
import { Icon, type IconName } from './Icon';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'plain' | 'primary' | 'danger' | 'danger solid' | 'quiet';
  icon?: IconName;
  large?: boolean;
}

/**
 * What makes a button rest without taking the focus from whoever is on it: a browser drops the focus of a control
 * that becomes `disabled`, and the next key would then mean something else.
 */
export function resting(
  disabled: boolean | undefined,
  onClick?: (event: MouseEvent<HTMLButtonElement>) => void,
) {
  return {
    'aria-disabled': disabled ? (true as const) : undefined,
    onClick: (event: MouseEvent<HTMLButtonElement>) => (disabled ? event.preventDefault() : onClick?.(event)),
  };
}

export function Button({
  look = 'plain',
  icon,
  large,
  className = '',
  disabled,
  onClick,
  children,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      className={`button ${look} ${large ? 'large' : ''} ${className}`}
      {...rest}
      {...resting(disabled, onClick)}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button with a symbol only; the label is for screen readers and as a tooltip. */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<Props, 'children' | 'icon'> & { label: string; icon: IconName }) {
  return <Button className="icon" aria-label={label} title={label} icon={icon} {...rest} />;
}
